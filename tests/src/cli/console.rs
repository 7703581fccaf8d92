//! `signalbox console`: which browsers it lets in, what it refuses, and that its pages say what the commands print.

mod browser;
mod equal;
mod rules;
mod shown;
mod trace;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use ledger::DynamoLedger;
use reaction::{Claim, Key, Ledger, Outcome, Repeat, Report, StepReport};
use serde_json::Value;

use super::{interrupt, run};
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
    /// How it is started in this account.
    fn command(account: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("signalbox"));
        command.env_clear().arg("console").args(arguments).env("AWS_ACCESS_KEY_ID", account);
        command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command
    }

    /// Starts it, and reads the link.
    fn start(mut command: Command) -> Result<Self, String> {
        let mut running = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        for line in BufReader::new(running.stderr.take().unwrap()).lines().map(Result::unwrap) {
            if let Some((_, link)) = line.split_once("open http://") {
                let (address, token) = link.split_once("/?token=").unwrap();
                return Ok(Self { running, address: address.into(), token: token.into(), cookie: String::new() });
            }
            said += &line;
        }
        running.wait().unwrap();
        Err(said)
    }

    /// The same, and a browser was let in.
    fn entered(account: &str) -> Self {
        Self::entered_with(account, &["--ledger-table", LEDGER]).unwrap()
    }

    /// With these arguments; what it says where it does not serve.
    fn entered_with(account: &str, arguments: &[&str]) -> Result<Self, String> {
        Self::entered_by(Self::command(account, arguments))
    }

    fn entered_by(command: Command) -> Result<Self, String> {
        let mut console = Self::start(command)?;
        let answer = console.ask(&format!("GET /?token={}", console.token), &[("Host", &console.address)], "");
        assert_eq!((answer.status(), answer.header("location")), ("303", "/"), "{}", answer.head);
        let cookie = answer.header("set-cookie");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        cookie.split(';').next().unwrap().clone_into(&mut console.cookie);
        Ok(console)
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
        let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let headers = headers.concat();
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
        interrupt(&self.running);
        self.running.wait().unwrap()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

/// What a command prints as JSON.
fn printed(account: &str, arguments: &[&str]) -> Value {
    let ran = run(account, &[arguments, &["--output", "json"]].concat(), "");
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{arguments:?}: {}{}", ran.out, ran.said))
}

/// A query with this one value.
fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
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

/// What a page has, and what AWS was asked for it; or what is said where nothing is served.
fn told(account: &str, arguments: &[&str], path: &str) -> String {
    let console = match Console::entered_with(account, arguments) {
        Ok(console) => console,
        Err(said) => return said,
    };
    let before = AWS.count(account);
    let page = console.page(path).body;
    let calls = AWS.calls_since(account, before);
    calls.iter().fold(page, |told, call| format!("{told}{} {} {}\n", call.region, call.path, call.body))
}

/// For an option what it is given, the page that is looked at, and what is then told.
type Given<'a> = (&'a str, &'a str, &'a str, &'a str);

fn given<'a>(history: &'a str, long: &'a str, taken: &'a str) -> [Given<'a>; 19] {
    [
        ("audit-table", "another-table", history, "another-table"),
        ("ca-bundle", "/no/such/file", "/", "/no/such/file"),
        ("deployments-table", "another-table", "/deployments", "another-table"),
        ("dns-policy", "neither", "/names", "SIGNALBOX_DNS_POLICY"),
        ("dns-tag", long, "/names", "SIGNALBOX_DNS_TAG"),
        ("dns-ttl", "0", "/names", "SIGNALBOX_DNS_TTL"),
        ("dns-zones", "no zone", "/names", "SIGNALBOX_DNS_ZONES"),
        ("endpoint-url", "http://192.0.2.1", "/", "192.0.2.1"),
        ("grants-table", "another-table", "/shares", "another-table"),
        ("ledger-table", "another-table", "/", "another-table"),
        ("output", "json", "/", "--output json would have no effect"),
        ("owner", "a\"b", "/names", "SIGNALBOX_OWNER"),
        ("patches-table", "another-table", "/patches", "another-table"),
        ("port", taken, "/", "choose another by --port"),
        ("profile", "of-no-file", "/", "the profile of-no-file"),
        ("rates", "fast", "/names", "SIGNALBOX_RATES"),
        ("region", "eu-central-1", "/", "eu-central-1"),
        ("repositories", "nowhere", "/repositories", "nowhere"),
        ("suffix-accounts", "of-nothing", "/names", "SIGNALBOX_SUFFIX_ACCOUNTS"),
    ]
}

/// Each is given what the page then tells of, or what it cannot mean.
#[tokio::test]
async fn each_option_of_the_console_has_an_effect() {
    let World { account, .. } = &World::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let history = format!("/history?resource=arn:aws:ec2:eu-west-1::image/ami-1&account={account}");
    let long = "x".repeat(200);
    for (option, value, path, says) in given(&history, &long, &port) {
        let option = format!("--{option}");
        let (with, without) = (told(account, &[&option, value], path), told(account, &[], path));
        assert!(with.contains(says), "{option}: {with}");
        assert!(!without.contains(says), "without {option}: {without}");
    }
    let mirrored = ["--repositories", "s3://com-example-none/list.json"];
    let of_bucket = [&mirrored[..], &["--bucket", "com-example-mirror"]].concat();
    let missing = "SIGNALBOX_MIRROR_BUCKET";
    assert!(told(account, &mirrored, "/repositories").contains(missing));
    assert!(!told(account, &of_bucket, "/repositories").contains(missing));
    for (option, value, says) in [
        ("--kept-copies", "1", "SIGNALBOX_KEPT_COPIES"),
        ("--max-deleted-percent", "300", "SIGNALBOX_MAX_DELETED_PERCENT"),
    ] {
        let with = [&of_bucket[..], &[option, value]].concat();
        assert!(told(account, &with, "/repositories").contains(says), "{option}");
        assert!(!told(account, &of_bucket, "/repositories").contains(says), "{option}");
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
    let listed = printed(&world.account, &["ledger", "list", "--ledger-table", LEDGER]);
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

/// Reads rows of the stream until there is one about each of these: the row about the last of them.
fn row_of_last(stream: TcpStream, mut abouts: Vec<String>) -> String {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("the stream has ended without {abouts:?}"));
        let Some(row) = line.strip_prefix("data: ") else { continue };
        abouts.retain(|about| !row.contains(about.as_str()));
        if abouts.is_empty() {
            return row.to_owned();
        }
    }
}

#[tokio::test]
async fn events_come_as_they_happen_and_what_a_page_missed_comes_when_it_is_back() {
    let world = World::new().await;
    let ledger = world.ledger();
    let console = Console::entered(&world.account);
    let headers = [("Host", console.address.as_str()), ("Cookie", console.cookie.as_str())];
    let stream = console.send("GET /live", &headers, "");
    settle(&ledger, "first", applied()).await;
    let row = row_of_last(stream, vec!["/first<".into()]);
    assert!(row.contains(">share-ami<") && row.contains("<time "), "{row}");
    let since = world.sessions.seconds().to_string();
    let missed: Vec<_> = (0..30).map(|number| format!("missed-{number:02}")).collect();
    for name in &missed {
        settle(&ledger, name, applied()).await;
    }
    let back = [headers[0], headers[1], ("Last-Event-ID", since.as_str())];
    let stream = console.send("GET /live", &back, "");
    settle(&ledger, "last", applied()).await;
    row_of_last(stream, missed.iter().map(String::as_str).chain(["last"]).map(|it| format!("/{it}<")).collect());
}

/// Reads rows of the stream until these are enough: what they are about, and the id of the last.
fn rows(stream: TcpStream, is_enough: impl Fn(&BTreeSet<String>) -> bool) -> (BTreeSet<String>, String) {
    let (mut abouts, mut last) = (BTreeSet::new(), String::new());
    for line in BufReader::new(stream).lines().map(Result::unwrap) {
        if let Some(id) = line.strip_prefix("id: ") {
            id.clone_into(&mut last);
        }
        let row = line.strip_prefix("data: ").and_then(|row| row.split_once(">111122223333/eu-west-1/"));
        abouts.extend(row.and_then(|(_, it)| it.split('<').next()).map(String::from));
        // The id of a row follows it or stands before it: an empty line ends both.
        if line.is_empty() && is_enough(&abouts) {
            return (abouts, last);
        }
    }
    panic!("the stream has ended after {abouts:?}");
}

/// One reading of the ledger finds 30 rows, and the connection breaks after 10 of them.
#[tokio::test]
async fn a_connection_that_breaks_between_two_rows_of_one_reading_loses_none() {
    let world = World::new().await;
    let ledger = world.ledger();
    let console = Console::entered(&world.account);
    // Whatever comes from the second before on comes, so that no error of a second keeps the first ten away.
    let before = world.sessions.seconds() - 1;
    let all: BTreeSet<_> = (0..30).map(|number| format!("row-{number:02}")).collect();
    for name in &all {
        settle(&ledger, name, applied()).await;
    }
    let headers = [("Host", console.address.as_str()), ("Cookie", console.cookie.as_str())];
    let open = |last: &str| console.send("GET /live", &[&headers[..], &[("Last-Event-ID", last)]].concat(), "");
    let (some, last) = rows(open(&before.to_string()), |come| come.len() == 10);
    assert!(some.is_subset(&all), "{some:?}");
    settle_ahead(&world, "row-end").await;
    let (rest, _) = rows(open(&last), |come| come.contains("row-end"));
    let missing: Vec<_> = all.iter().filter(|it| !some.contains(*it) && !rest.contains(*it)).collect();
    assert!(missing.is_empty(), "{missing:?} were lost after {last}");
}

/// Has the ledger know an occurrence of the next hour: from wherever a page goes on, it comes, and after all others.
async fn settle_ahead(world: &World, name: &str) {
    settle(&world.ledger(), name, applied()).await;
    let id = AttributeValue::S(format!("share-ami#{}", key(name)));
    let later = world.dynamodb.update_item().table_name(LEDGER).key("id", id).update_expression("ADD expiration :more");
    later.expression_attribute_values(":more", AttributeValue::N("3600".into())).send().await.unwrap();
}
