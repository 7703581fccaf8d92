//! `signalbox console`: which browsers it lets in, what it refuses, and that its pages say what the commands print.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use ledger::DynamoLedger;
use reaction::{Claim, Key, Ledger, Outcome, Repeat, Report, StepReport};
use serde_json::Value;

use super::run;
use crate::world::built::binary;
use crate::world::{AWS, LEDGER, REGION, World};

/// A console that runs, and the address and token of its link.
struct Console {
    running: Child,
    address: String,
    token: String,
    /// What a browser that was let in sends.
    cookie: String,
}

/// An answer: its first line with the headers, and its body.
struct Answer {
    head: String,
    body: String,
}

impl Answer {
    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value).unwrap_or_default()
    }
}

impl Console {
    /// Starts it, and reads the link.
    fn start(account: &str) -> Self {
        let mut command = Command::new(binary("signalbox"));
        command.env_clear().args(["console", "--ledger-table", LEDGER]).env("AWS_ACCESS_KEY_ID", account);
        command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
        let mut running = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(running.stderr.take().unwrap()).lines().map(Result::unwrap);
        let link = lines.into_iter().find_map(|line| Some(line.split_once("open http://")?.1.to_owned())).unwrap();
        let (address, token) = link.split_once("/?token=").unwrap();
        Self { running, address: address.into(), token: token.into(), cookie: String::new() }
    }

    /// The same, and a browser was let in.
    fn entered(account: &str) -> Self {
        let mut console = Self::start(account);
        let answer = console.ask(&format!("GET /?token={}", console.token), &[("Host", &console.address)], "");
        assert_eq!((answer.status(), answer.header("location")), ("303", "/"), "{}", answer.head);
        let cookie = answer.header("set-cookie");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        console.cookie = cookie.split(';').next().unwrap().to_owned();
        console
    }

    /// What it answers to a request of these headers.
    fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = self.send(line, headers, body);
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer { head: head.to_owned(), body: body.to_owned() }
    }

    fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let text = format!("{line} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).unwrap();
        stream
    }

    /// A page for a browser that was let in.
    fn page(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[("Host", &self.address), ("Cookie", &self.cookie)], "")
    }

    fn interrupt(&mut self) -> ExitStatus {
        let kill = Command::new("kill").args(["-INT", &self.running.id().to_string()]).status().unwrap();
        assert!(kill.success());
        self.running.wait().unwrap()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

fn key(name: &str) -> Key {
    Key::new(["111122223333", "eu-west-1", name])
}

/// Has the ledger know an occurrence that is dealt with.
async fn settle(ledger: &DynamoLedger, name: &str, report: Report) {
    let key = key(name);
    let Claim::Fresh(owner) = ledger.claim(&key, Repeat::Skip, Duration::from_mins(1)).await.unwrap() else {
        panic!("{name} is taken");
    };
    assert!(ledger.settle(&key, &owner, &report.about(key.clone())).await.unwrap());
}

fn applied() -> Report {
    let steps = vec![StepReport { step: "share ami-1 with 222233334444".into(), error: None }];
    Report { steps, ..Report::new("share-ami", Outcome::Applied, None) }
}

#[tokio::test]
async fn the_link_lets_one_browser_in_once() {
    let world = World::new().await;
    let mut console = Console::entered(&world.account);
    let host = [("Host", console.address.as_str())];
    let again = console.ask(&format!("GET /?token={}", console.token), &host, "");
    assert_eq!(again.status(), "401", "{}", again.head);
    assert!(again.header("set-cookie").is_empty() && again.body.contains("was used"), "{}", again.body);
    assert_eq!(console.ask("GET /", &host, "").status(), "401", "without the cookie");
    let page = console.page("/");
    assert_eq!(page.status(), "200");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
    assert_eq!(console.interrupt().code(), Some(130));
}

#[tokio::test]
async fn another_host_another_site_and_a_change_are_refused() {
    let world = World::new().await;
    let console = Console::entered(&world.account);
    let own = ("Host", console.address.as_str());
    let cookie = ("Cookie", console.cookie.as_str());
    let refused = |line: &str, headers: &[(&str, &str)]| console.ask(line, headers, "event={}").status().to_owned();
    assert_eq!(refused("GET /", &[("Host", "evil.example"), cookie]), "421");
    assert_eq!(refused("GET /", &[own, cookie, ("Origin", "http://evil.example")]), "403");
    assert_eq!(refused("GET /", &[own, cookie, ("Sec-Fetch-Site", "same-site")]), "403");
    let origin = format!("http://{}", console.address);
    for line in ["POST /send", "POST /", "DELETE /event", "PUT /send"] {
        assert_eq!(refused(line, &[own, cookie, ("Origin", &origin)]), "405", "{line}");
    }
    assert_eq!(refused("POST /send", &[own, cookie]), "403", "a form says where it comes from");
    assert_eq!(console.page("/send").status(), "404", "there is no form for an AWS that it has not started");
    assert_eq!(console.page("/no-such-page").status(), "404");
    assert_eq!(console.ask("GET /assets/console.css", &[own], "").status(), "200");
}

/// What an account does not have is said on its page, and every other page is there.
#[tokio::test]
async fn a_page_says_what_an_account_does_not_have_and_what_to_do() {
    let world = World::new().await;
    world.dynamodb.delete_table().table_name(LEDGER).send().await.unwrap();
    let console = Console::entered(&world.account);
    for (path, says) in [
        ("/", "infra/ledger.yaml"),
        ("/shares", "infra/grants.yaml"),
        ("/audit", "infra/grants.yaml"),
        ("/policies", "infra/ledger.yaml"),
        ("/names", "There are no names"),
        ("/secrets", "There is no secret here"),
        ("/patches", "report-patches"),
        ("/deployments", "infra/deploy-lambda.yaml"),
        ("/repositories", "--repositories"),
        ("/fleet", "Runs that"),
    ] {
        let page = console.page(path);
        assert_eq!(page.status(), "200", "{path}");
        assert!(page.body.contains(says), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn the_pages_of_events_say_what_the_command_prints() {
    let world = World::new().await;
    let ledger = world.ledger();
    settle(&ledger, "applied", applied()).await;
    let refused = Report::new("share-ami", Outcome::Refused, Some("<script>alert(1)</script>\u{202e}no".into()));
    settle(&ledger, "refused<b>", refused).await;
    let console = Console::entered(&world.account);
    let page = console.page("/").body;
    let listed = run(&world.account, &["ledger", "list", "--ledger-table", LEDGER, "--output", "json"], "");
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    let records = listed["records"].as_array().unwrap();
    assert_eq!(page.matches("<tr role=\"row\" id=").count(), records.len());
    for record in records {
        let (_, about) = record["id"].as_str().unwrap().split_once('#').unwrap();
        let about = about.replace('<', "&#60;").replace('>', "&#62;");
        let row =
            page.split("<tr ").find(|row| row.contains(&format!(">{about}<"))).unwrap_or_else(|| panic!("{page}"));
        assert!(row.contains(&format!(">{}<", record["outcome"].as_str().unwrap())), "{record}: {row}");
    }
    let event = console.page("/event?id=share-ami%23111122223333/eu-west-1/applied").body;
    assert!(event.contains("share ami-1 with 222233334444"), "{event}");
    let event = console.page("/event?id=share-ami%23111122223333/eu-west-1/refused%3Cb%3E").body;
    assert!(event.contains("&#60;script&#62;alert(1)") && !event.contains("<script>alert"), "{event}");
    assert!(!event.contains('\u{202e}'), "{event}");
    let found = console.page("/?about=refused").body;
    assert_eq!(found.matches("<tr role=\"row\" id=").count(), 1);
}

/// Reads rows of the stream until there is one about this.
fn rows_until(stream: TcpStream, about: &str) -> (Vec<String>, String) {
    let (mut rows, mut last) = (Vec::new(), String::new());
    for line in BufReader::new(stream).lines().map(Result::unwrap) {
        if let Some(id) = line.strip_prefix("id: ") {
            last = id.to_owned();
        }
        if let Some(row) = line.strip_prefix("data: ") {
            rows.push(row.to_owned());
            if row.contains(about) {
                // The id of a row may stand on either side of it.
                break;
            }
        }
    }
    (rows, last)
}

#[tokio::test]
async fn events_come_as_they_happen_and_what_a_page_missed_comes_when_it_is_back() {
    let world = World::new().await;
    let ledger = world.ledger();
    let console = Console::entered(&world.account);
    let headers = [("Host", console.address.as_str()), ("Cookie", console.cookie.as_str())];
    let stream = console.send("GET /live", &headers, "");
    settle(&ledger, "first", applied()).await;
    let (rows, _) = rows_until(stream, "/first<");
    assert!(rows.last().unwrap().contains(">applied<") || rows.last().unwrap().contains(">working<"), "{rows:?}");
    let since = world.sessions.seconds().to_string();
    for number in 0..30 {
        settle(&ledger, &format!("missed-{number:02}"), applied()).await;
    }
    let back = [headers[0], headers[1], ("Last-Event-ID", since.as_str())];
    settle(&ledger, "last", applied()).await;
    let stream = console.send("GET /live", &back, "");
    let mut missing: Vec<_> = (0..30).map(|number| format!("/missed-{number:02}<")).collect();
    let (rows, _) = rows_until(stream, "/last<");
    missing.retain(|about| !rows.iter().any(|row| row.contains(about.as_str())));
    assert!(missing.is_empty(), "{missing:?}");
}
