//! Ctrl-C in the middle, how it goes on, and two runs at once.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::types::AliasRoutingConfiguration;
use expect_test::{expect, expect_file};
use local_aws::{Fault, FaultKind};
use serde_json::{Value, json};

use super::{Operator, Ran};
use crate::cli::interrupt;
use crate::deliveries::{LIVE, ORDERS};
use crate::world::lambda::{VERSION, code, lambda, publish, tag};
use crate::world::{AWS, DEPLOYMENTS, REGION};

/// A run that was begun, and what it says.
struct Running {
    child: Child,
    said: std::io::Lines<BufReader<ChildStderr>>,
}

impl Running {
    fn of(operator: &Operator, arguments: &[&str]) -> Self {
        let mut child = operator.command(arguments).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, said }
    }

    /// Reads on to the line that holds this.
    fn until(&mut self, text: &str) -> String {
        let mut read = String::new();
        for line in self.said.by_ref() {
            let line = line.unwrap();
            if line.contains(text) {
                return line;
            }
            read += &line;
        }
        panic!("it never said `{text}`: {read}");
    }

    fn end(mut self, operator: &Operator) -> Ran {
        let said: Vec<_> = self.said.by_ref().map(Result::unwrap).flat_map(|it| [it, "\n".into()]).collect();
        let ran = operator.tell(&self.child.wait_with_output().unwrap());
        Ran { said: operator.with_names(&said.concat()), ..ran }
    }
}

fn status(operator: &Operator, id: &str) -> Value {
    operator.json(&["status", id])["status"].clone()
}

/// The new version has a part of the traffic for an hour: the command waits.
#[tokio::test]
async fn interrupted_while_it_waits_it_ends_at_once_and_is_taken_back_or_refuses_a_second_run() {
    let operator = Operator::of(2, &[REGION]).await;
    operator.write("slow.zip", "new", json!({"traffic": {"shift": "canary", "percent": 10, "minutes": 60}}));
    operator.write("orders.zip", "newer", json!({}));
    let mut running = Running::of(&operator, &["run", "slow.zip"]);
    operator.with_names(&running.until("deployment "));
    running.until("has 10 % of the traffic");
    let mut told = operator.told(&["run", "orders.zip"]);
    interrupt(&running.child);
    let ran = running.end(&operator);
    assert_eq!(ran.code, Some(130), "{}{}", ran.out, ran.said);
    told += &(ran.said + &ran.out);
    let id = operator.id(1);
    assert_eq!(status(&operator, &id), "running");
    told += &operator.told(&["drift"]);
    told += &operator.told(&["rollback", &id]);
    assert_eq!(operator.fleet.answers().await, ["old by 1"; 2]);
    assert_eq!(operator.run(&["run", "orders.zip"]).code, Some(0));
    assert_eq!(operator.fleet.answers().await, ["newer by 3"; 2]);
    expect_file!["told/interrupted-while-it-waits.txt"].assert_eq(&told);
}

/// Lambda is at work on the version of one target as long as the test wants: the first wave is done, and the second is under way.
#[tokio::test]
async fn interrupted_in_the_second_wave_it_goes_on_where_it_was() {
    let operator = Operator::of(3, &[REGION]).await;
    tag(&operator.fleet.places[1], ORDERS, VERSION, Some("InProgress")).await;
    operator.write("orders.zip", "new", json!({"waves": [{"percent": 30}, {"percent": 60}, {"percent": 100}]}));
    let mut running = Running::of(&operator, &["run", "orders.zip"]);
    running.until("wave 2 of 3: ");
    operator.write("newer.zip", "newer", json!({}));
    let mut told = String::new();
    for command in ["plan", "run"] {
        told += &operator.told(&[command, "newer.zip"]);
    }
    interrupt(&running.child);
    let ran = running.end(&operator);
    assert_eq!(ran.code, Some(130), "{}{}", ran.out, ran.said);
    assert_eq!(operator.fleet.answers().await, ["new by 2", "old by 1", "old by 1"]);
    let id = operator.id(1);
    assert_eq!(status(&operator, &id), "running");
    tag(&operator.fleet.places[1], ORDERS, VERSION, None).await;
    let resumed = operator.run(&["run", "--resume", &id]);
    assert_eq!(resumed.code, Some(0), "{}{}", resumed.out, resumed.said);
    assert_eq!(operator.fleet.answers().await, ["new by 2"; 3]);
    assert_eq!(status(&operator, &id), "succeeded");
    let again = operator.run(&["run", "--resume", &id]);
    assert_eq!((again.code, again.out), (Some(0), resumed.out), "what has ended is told again");
    expect![[r#"
        $ signalbox deploy plan newer.zip
        error: deployment DEPLOYMENT-1 of orders is under way; wait until it has ended, or, where it was given up, carry it on with `signalbox deploy run --resume DEPLOYMENT-1` or take it back with `signalbox deploy rollback DEPLOYMENT-1`; 15 minutes after its last round it holds nothing
        exit 254
        $ signalbox deploy run newer.zip
        looking at every target
        error: deployment DEPLOYMENT-1 of orders is under way; wait until it has ended, or, where it was given up, carry it on with `signalbox deploy run --resume DEPLOYMENT-1` or take it back with `signalbox deploy rollback DEPLOYMENT-1`; 15 minutes after its last round it holds nothing
        exit 254
    "#]].assert_eq(&told);
}

/// A call that AWS does not answer: what runs is waited for at the first Ctrl-C, and given up at the second.
#[tokio::test]
async fn a_call_that_runs_is_waited_for_and_given_up_at_the_second_interruption() {
    let operator = Operator::of(1, &[REGION]).await;
    let place = &operator.fleet.places[0];
    let publish = Some("PublishVersion".to_owned());
    let silent = Fault { operation: publish, times: usize::MAX, ..Fault::new(&place.account, FaultKind::Timeout) };
    AWS.inject(&silent);
    operator.write("orders.zip", "new", json!({}));
    let calls = place.calls();
    let mut running = Running::of(&operator, &["run", "orders.zip"]);
    operator.with_names(&running.until("deployment "));
    while !place.operations_since(calls).contains(&"lambda:PublishVersion".to_owned()) {
        tokio::task::yield_now().await;
    }
    interrupt(&running.child);
    let mut told = operator.with_names(&running.until("interrupted"));
    interrupt(&running.child);
    let ran = running.end(&operator);
    assert_eq!(ran.code, Some(130));
    told += &["\n", &ran.said, &ran.out].concat();
    AWS.clear_faults(&place.account);
    let id = operator.id(1);
    assert_eq!(operator.run(&["run", "--resume", &id]).code, Some(0));
    assert_eq!(operator.fleet.answers().await, ["new by 2"]);
    expect![[r#"
        interrupted: what runs of deployment DEPLOYMENT-1 is waited for, and nothing more is begun; Ctrl-C again gives up what runs
        what ran was given up, and AWS may still do it; carry it on with `signalbox deploy run --resume DEPLOYMENT-1`, or take it back with `signalbox deploy rollback DEPLOYMENT-1`
    "#]].assert_eq(&told);
}

/// What the call did is kept, and no further call is begun: the second wave stays as it was.
#[tokio::test]
async fn after_the_first_interruption_no_further_call_is_begun() {
    let operator = Operator::of(2, &[REGION]).await;
    let [first, second] = operator.fleet.places.as_slice() else { panic!() };
    let update = Some("UpdateAlias".to_owned());
    AWS.inject(&Fault { operation: update, times: usize::MAX, ..Fault::new(&first.account, FaultKind::Timeout) });
    operator.write("orders.zip", "new", json!({"waves": [{"percent": 50}, {"percent": 100}]}));
    let calls = operator.calls();
    let mut running = Running::of(&operator, &["run", "orders.zip"]);
    while !first.operations_since(calls[0]).contains(&"lambda:UpdateAlias".to_owned()) {
        tokio::task::yield_now().await;
    }
    let of_second = second.calls();
    interrupt(&running.child);
    running.until("interrupted");
    // The client asks again, and is answered.
    AWS.clear_faults(&first.account);
    let ran = running.end(&operator);
    assert_eq!(ran.code, Some(130), "{}{}", ran.out, ran.said);
    assert!(ran.out.contains("1       2      done") && ran.out.contains("1       -      waiting"), "{}", ran.out);
    assert_eq!(second.operations_since(of_second), [""; 0]);
    assert_eq!(operator.fleet.answers().await, ["new by 2", "old by 1"]);
}

/// Of two targets that have a part of the traffic one goes back, and the other is where another hand moved it.
#[tokio::test]
async fn a_deployment_that_is_turned_leaves_alone_what_another_hand_moved() {
    let operator = Operator::of(2, &[REGION]).await;
    operator.write("slow.zip", "new", json!({"traffic": {"shift": "canary", "percent": 10, "minutes": 60}}));
    let mut running = Running::of(&operator, &["run", "slow.zip"]);
    operator.with_names(&running.until("deployment "));
    running.until("has 10 % of the traffic");
    interrupt(&running.child);
    running.end(&operator);
    let place = &operator.fleet.places[0];
    let theirs = publish(place, ORDERS, code("theirs")).await;
    let moved = lambda(place).update_alias().function_name(ORDERS).name(LIVE).function_version(theirs);
    moved.routing_config(AliasRoutingConfiguration::builder().build()).send().await.unwrap();
    let back = operator.run(&["rollback", &operator.id(1)]);
    assert_eq!(back.code, Some(254), "{}{}", back.out, back.said);
    assert!(back.out.contains("another hand moved the alias to version 3"), "{}", back.out);
    assert_eq!(operator.fleet.answers().await, ["theirs by 3", "old by 1"]);
}

/// A deployment that was given up holds its function until its lease has lapsed, and not longer.
#[tokio::test]
async fn a_lease_that_has_lapsed_holds_nothing() {
    let operator = Operator::of(1, &[REGION]).await;
    operator.write("orders.zip", "new", json!({}));
    let hold = async |until: u64| {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let put = operator.fleet.hub.dynamodb.put_item().table_name(DEPLOYMENTS).item("id", text("function#orders"));
        let put = put.item("part", text("-")).item("holder", text("another"));
        put.item("until", AttributeValue::N(until.to_string())).send().await.unwrap();
    };
    hold(99_999_999_999).await;
    let refused = operator.run(&["run", "orders.zip"]);
    assert_eq!(refused.code, Some(254));
    assert!(refused.said.contains("deployment another of orders is under way"), "{}", refused.said);
    hold(1).await;
    let ran = operator.run(&["run", "orders.zip"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    assert_eq!(operator.fleet.answers().await, ["new by 2"]);
}

/// Before the record is written, nothing was changed at any target, and nothing is left to be taken up.
#[tokio::test]
async fn interrupted_before_the_first_change_it_says_so() {
    let operator = Operator::of(1, &[REGION]).await;
    let place = &operator.fleet.places[0];
    let read = Some("GetAlias".to_owned());
    AWS.inject(&Fault { operation: read, times: usize::MAX, ..Fault::new(&place.account, FaultKind::Timeout) });
    operator.write("orders.zip", "new", json!({}));
    let calls = place.calls();
    let running = Running::of(&operator, &["run", "orders.zip"]);
    while !place.operations_since(calls).contains(&"lambda:GetAlias".to_owned()) {
        tokio::task::yield_now().await;
    }
    interrupt(&running.child);
    let ran = running.end(&operator);
    let said = ran.said.lines().last().unwrap().to_owned();
    assert_eq!((ran.code, said.as_str()), (Some(130), "interrupted: nothing was changed at any target"));
    AWS.clear_faults(&place.account);
    assert_eq!(operator.run(&["history", "orders"]).out, "no deployment of orders is recorded\n");
}
