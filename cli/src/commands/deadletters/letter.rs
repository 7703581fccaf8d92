//! A message of a failure queue: what failed, why, and whether it may be handed to a function once more.
//!
//! Who may write to such a queue may less than the operator who redrives it. So the queue says whose the message is, and the text says
//! only what a rule or a schedule could have said: an event that the function hears, or a sweep without `force`.

use function::Trigger;
use reaction::Report;
use serde::Serialize;
use serde_json::{Map, Value};
use suite::Entry;

use place::shortened;

/// How much of a text from outside a message shows.
const SHOWN: usize = 300;

/// A message of a failure queue.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Letter {
    /// SQS's id of the message.
    pub(crate) id: String,
    /// When it came into the queue, in milliseconds since the epoch.
    pub(crate) sent_ms: Option<i64>,
    /// Who put it there, as far as its form says.
    pub(crate) from: Sender,
    /// Why it is there.
    pub(crate) why: Option<String>,
    /// The event, where the message can be read.
    pub(crate) event: Option<Value>,
    /// Why it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unreadable: Option<String>,
    /// The group of a FIFO queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
}

/// Who puts messages into failure queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sender {
    /// Lambda, after the last attempt: a record around the event.
    Lambda,
    /// `EventBridge`, or the queue that the message came from: the event itself.
    Other,
}

impl Letter {
    /// Reads a message by its text and its attributes, which `EventBridge` writes.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
    pub(crate) fn read(id: &str, body: &str, attribute: &dyn Fn(&str) -> Option<String>) -> Self {
        let said = |name: &str| attribute(name).filter(|it| !it.is_empty());
        let by_rule = [said("ERROR_CODE"), said("ERROR_MESSAGE")].into_iter().flatten().collect::<Vec<_>>().join(": ");
        let letter = Self {
            id: id.to_owned(),
            sent_ms: None,
            from: Sender::Other,
            why: (!by_rule.is_empty()).then(|| shortened(&by_rule, SHOWN)),
            event: None,
            unreadable: None,
            group: None,
        };
        match serde_json::from_str(body) {
            Ok(Value::Object(mut record)) if is_record(&record) => {
                let why = reason(&record).map(|it| shortened(&it, SHOWN));
                let event = record.remove("requestPayload").unwrap_or_default();
                Self { from: Sender::Lambda, why, event: Some(event), ..letter }
            }
            Ok(event) => Self { event: Some(event), ..letter },
            Err(error) => Self { unreadable: Some(shortened(&format!("not JSON: {error}"), SHOWN)), ..letter },
        }
    }

    /// What the event is, in a few words.
    pub(crate) fn what(&self) -> String {
        let Some(event) = &self.event else { return "unreadable".into() };
        let text = |name: &str| event.get(name).and_then(Value::as_str).map(|it| shortened(it, 60));
        match (text("detail-type"), text("signalbox").or_else(|| text("sweep")), text("repository")) {
            (Some(kind), ..) => kind,
            (_, Some(_), _) => "a sweep".into(),
            (.., Some(repository)) => format!("a push to {repository}"),
            _ => "no event".into(),
        }
    }
}

/// What Lambda writes around an event that failed.
fn is_record(record: &Map<String, Value>) -> bool {
    record.contains_key("requestPayload") && record.contains_key("requestContext")
}

/// The reason of the report that the function failed with, or its error.
fn reason(record: &Map<String, Value>) -> Option<String> {
    let payload = record.get("responsePayload");
    let message = payload.and_then(|it| it.get("errorMessage")?.as_str());
    let condition = record.get("requestContext").and_then(|it| it.get("condition")?.as_str());
    let Some(message) = message else { return condition.map(String::from) };
    match serde_json::from_str::<Report>(message) {
        Ok(report) => Some(format!("{}: {}", report.outcome, report.reason.unwrap_or_default())),
        Err(_) => Some(message.to_owned()),
    }
}

/// What may be handed to the function: the event as it was judged.
///
/// # Errors
/// Why it may not, and what to do.
pub(crate) fn admitted<'a>(letter: &'a Letter, function: &Entry) -> Result<&'a Value, String> {
    let Some((event, object)) = letter.event.as_ref().and_then(|it| Some((it, it.as_object()?))) else {
        let why = letter.unreadable.as_deref().unwrap_or("it is not an event");
        return Err(format!("{why}; nothing can be done with it but to drop it"));
    };
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let hears = |trigger: Trigger| function.hears.contains(&trigger);
    let is_heard = function.hears.iter().any(|it| it.matches(text("source"), text("detail-type")));
    let is_sweep = hears(Trigger::Schedule) && is_sweep(object);
    let is_push = hears(Trigger::Queue) && object.contains_key("repository") && !is_forced(object);
    if is_heard || is_sweep || is_push {
        return Ok(event);
    }
    let name = function.name;
    if is_forced(object) {
        return Err(format!(
            "it has `force`, which a failure queue is not believed; invoke {name} by hand if it is meant, and drop it here"
        ));
    }
    Err(format!(
        "no rule and no schedule hands such a message to {name}; look at it with `signalbox deadletters show`, and drop it"
    ))
}

/// What the schedules of the templates send, and nothing beside it.
fn is_sweep(object: &Map<String, Value>) -> bool {
    let is_of = |name: &str, value: &str| object.get(name).and_then(Value::as_str) == Some(value);
    let has_only = |names: &[&str]| object.keys().all(|it| names.contains(&it.as_str()));
    (is_of("signalbox", "sweep") && has_only(&["signalbox", "force"]) && !is_forced(object))
        || (is_of("sweep", "all") && has_only(&["sweep"]))
}

fn is_forced(object: &Map<String, Value>) -> bool {
    object.get("force").is_some_and(|it| !it.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use suite::{Entry, FUNCTIONS};

    use super::{Letter, Sender, admitted};

    fn function(name: &str) -> &'static Entry {
        FUNCTIONS.iter().find(|it| it.name == name).unwrap()
    }

    fn letter(body: &Value) -> Letter {
        Letter::read("1", &body.to_string(), &|_| None)
    }

    fn image() -> Value {
        json!({"source": "aws.ec2", "detail-type": "EC2 AMI State Change", "detail": {"State": "available"}})
    }

    #[test]
    fn a_record_of_lambda_has_the_event_and_the_report_that_it_failed_with() {
        let report = r#"{"function":"share-ami","key":null,"outcome":"failed","reason":"AWS answered Throttling","notes":[],"steps":[]}"#;
        let record = json!({
            "requestContext": {"condition": "RetriesExhausted", "functionArn": "arn:aws:lambda:eu-west-1:999988887777:function:another"},
            "requestPayload": image(), "responsePayload": {"errorMessage": report},
        });
        let letter = letter(&record);
        assert_eq!((letter.from, letter.why.as_deref()), (Sender::Lambda, Some("failed: AWS answered Throttling")));
        assert_eq!((letter.what(), letter.event), ("EC2 AMI State Change".into(), Some(image())));
        let poison =
            json!({"requestContext": {}, "requestPayload": 1, "responsePayload": {"errorMessage": "a\n\u{1b}[2Jb"}});
        assert_eq!(self::letter(&poison).why.as_deref(), Some("a\\n\\u{1b}[2Jb"));
        let died = json!({"requestContext": {"condition": "EventAgeExceeded"}, "requestPayload": null});
        assert_eq!(self::letter(&died).why.as_deref(), Some("EventAgeExceeded"));
    }

    #[test]
    fn a_message_of_eventbridge_is_the_event_and_its_attributes_say_why() {
        let attributes = |name: &str| {
            [("ERROR_CODE", "NO_PERMISSIONS"), ("ERROR_MESSAGE", "denied")].into_iter().find(|it| it.0 == name)
        };
        let letter = Letter::read("1", &image().to_string(), &|name| attributes(name).map(|it| it.1.to_owned()));
        assert_eq!((letter.from, letter.why.as_deref()), (Sender::Other, Some("NO_PERMISSIONS: denied")));
        assert_eq!(admitted(&letter, function("share-ami")), Ok(&image()));
    }

    #[test]
    fn only_what_a_rule_or_a_schedule_can_hand_to_the_function_is_handed_on() {
        let sweep = json!({"signalbox": "sweep", "force": null});
        for (name, body) in [
            ("share-ami", image()),
            ("reconcile-shares", sweep.clone()),
            ("mirror-repository", json!({"sweep": "all"})),
            ("mirror-repository", json!({"repository": "acme/templates", "ref": "refs/heads/main"})),
        ] {
            assert_eq!(admitted(&letter(&body), function(name)), Ok(&body), "{name}");
        }
        let forced = "it has `force`, which a failure queue is not believed";
        let other = "no rule and no schedule hands such a message to";
        for (name, body, told) in [
            ("share-rds-snapshot", image(), other),
            ("share-ami", sweep, other),
            ("reconcile-shares", json!({"signalbox": "sweep", "force": "s3://a-bucket/plan.json"}), forced),
            ("reconcile-shares", json!({"ami": {"base": {"eu-west-1": ["444455556666"]}}}), other),
            ("emr-dns", json!({"signalbox": "sweep", "force": ["etl.example.com"]}), forced),
            ("mirror-repository", json!({"repository": "acme/templates", "force": "1f".repeat(20)}), forced),
            ("rotate-bearer-token", json!({"Step": "finishSecret", "SecretId": "a", "ClientRequestToken": "b"}), other),
            ("check-policy", json!({"CodePipeline.job": {"id": "1"}}), other),
            ("share-ami", json!([1]), "it is not an event"),
        ] {
            let why = admitted(&letter(&body), function(name)).unwrap_err();
            assert!(why.starts_with(told), "{name} {body}: {why}");
        }
        let unreadable = Letter::read("1", "{\"a\": ", &|_| None);
        assert!(admitted(&unreadable, function("share-ami")).unwrap_err().starts_with("not JSON"));
    }
}
