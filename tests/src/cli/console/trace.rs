//! The trace on an event's page is what `signalbox trace` prints; it is read only where the page is asked for it.

use local_aws::{Fault, FaultKind};

use super::shown::{notices, rows, without_tags};
use super::{Console, printed, query};
use crate::cli::{run, trace};
use crate::promises::traces::across_accounts::hear;
use crate::world::{AWS, LEDGER};

/// The trees of the page as the command draws them: each line with how deep it lies.
fn drawn(page: &str) -> Vec<(usize, String)> {
    let (_, section) = page.split_once("<section id=\"trace\">").unwrap();
    let mut lines = Vec::new();
    for trace in section.split("<h3>").skip(1) {
        let (title, tree) = trace.split_once("</h3>").unwrap();
        lines.push((0, title.to_lowercase()));
        let mut depth = 0;
        for part in tree.split("<li>") {
            let (text, rest) =
                part.split_once("</span></span>").or(part.split_once("</span><ul>")).unwrap_or(("", part));
            if !text.is_empty() {
                lines.push((depth - 1, without_tags(text)));
            }
            depth = depth + rest.matches("<ul").count() - rest.matches("</ul>").count();
        }
    }
    lines
}

/// The same of the command's text.
fn of_command(text: &str) -> Vec<(usize, String)> {
    let (_, trees) = text.split_once("\n\n").unwrap();
    let line = |line: &str| {
        let depth = line.chars().take_while(|it| "├└│─ ".contains(*it)).count();
        (depth / 3, line.chars().skip(depth).collect())
    };
    trees.lines().map(line).collect()
}

#[tokio::test]
async fn an_event_shows_its_trace_as_the_command_draws_it_and_only_when_it_is_asked_for() {
    let led = hear().await;
    let datagrams = led.daemon.taken();
    trace::deliver(&led, &datagrams).await;
    let account = &led.scene.hub.account;
    let console = Console::entered(account);
    let listed = printed(account, &["ledger", "list", "--ledger-table", LEDGER]);
    let query = query("id", listed["records"][0]["id"].as_str().unwrap());
    let before = AWS.count(account);
    let page = console.page(&format!("/event?{query}")).body;
    let offer = format!("href=\"/event?{query}&#38;trace=1#trace\">Show the trace<");
    assert!(page.contains(&offer) && page.contains(&led.id) && !page.contains("<section id=\"trace\">"), "{page}");
    let asked = |before| AWS.calls_since(account, before).into_iter().map(|it| it.operation).collect::<Vec<_>>();
    let reads = ["GetItem", "ListEventBuses", "ListRuleNamesByTarget"];
    assert_eq!(asked(before), reads, "a trace is read by those only who ask for it");
    let page = console.page(&format!("/event?{query}&trace=1")).body;
    let told = run(account, &["trace", &led.id], "").out;
    assert_eq!(drawn(&page), of_command(&told));
    assert!(drawn(&page).iter().any(|(depth, _)| *depth == 2), "{told}");
    let wrote: Vec<_> = rows(&page).into_iter().filter(|it| it.contains_key("What it wrote")).collect();
    let lines: Vec<_> = told.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    assert_eq!(wrote.len(), lines.iter().filter(|line| !line.starts_with("  ")).count());
    for row in wrote {
        let head = row["What it wrote"].split("; ").next().unwrap();
        let line = format!("{} {}: {head}", row["When (UTC)"], row["Function"]);
        assert!(lines.contains(&line.as_str()), "{line}: {told}");
    }
    let service = Some("xray".to_owned());
    AWS.inject(&Fault { service, times: usize::MAX, ..Fault::new(account, FaultKind::AccessDenied) });
    let page = console.page(&format!("/event?{query}&trace=1")).body;
    let unread = notices(&page).into_iter().find(|it| it.contains("asking X-Ray")).unwrap_or_else(|| panic!("{page}"));
    assert!(unread.contains("xray:BatchGetTraces") && page.contains("Plan and steps"), "{unread}");
}
