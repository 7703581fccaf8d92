//! The texts that tell of a refusal: reports, lines of a log, records around failed events, and plain messages.

use reaction::{Outcome, Report};
use serde_json::Value;

/// How deep texts may stand in texts, such as a report in the message of an error in a record.
const DEEPEST: u8 = 4;

/// A refusal, as a text tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Which function, or which part of the work, where the text says so.
    pub(super) who: Option<String>,
    pub(super) message: String,
}

/// All refusals of a text, in its order; each once.
pub(super) fn told_in(text: &str) -> Vec<Told> {
    let mut all = match serde_json::from_str::<Value>(text) {
        Ok(value) => of_value(&value, 0),
        Err(_) if text.lines().any(|it| it.trim_start().starts_with('{')) => {
            text.lines().flat_map(|line| of_text(line, 0)).collect()
        }
        Err(_) => of_text(text, 0),
    };
    let mut kept = Vec::new();
    all.retain(|it| {
        let is_new = !kept.contains(&it.message);
        kept.push(it.message.clone());
        is_new
    });
    all
}

fn of_text(text: &str, depth: u8) -> Vec<Told> {
    let text = text.trim();
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => of_value(&value, depth),
        _ if depth >= DEEPEST || text.is_empty() || text.starts_with('{') => Vec::new(),
        _ => {
            let message = text.strip_prefix("error: ").unwrap_or(text);
            vec![Told { who: None, message: message.to_owned() }]
        }
    }
}

fn of_value(value: &Value, depth: u8) -> Vec<Told> {
    if depth >= DEEPEST {
        return Vec::new();
    }
    if let Ok(report) = serde_json::from_value::<Report>(value.clone()) {
        return of_report(&report);
    }
    if let Value::Array(items) = value {
        return items.iter().flat_map(|it| of_value(it, depth + 1)).collect();
    }
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    // A line of a log has the report as a text; a failed invocation, and Lambda's record of it, has it as an error's message.
    if let Some(inner) = text("report").and_then(|it| serde_json::from_str::<Report>(it).ok()) {
        return of_report(&inner);
    }
    if let Some(inner) = text("errorMessage") {
        return of_text(inner, depth + 1);
    }
    if let Some(inner) = value.get("responsePayload").or_else(|| value.get("detail")) {
        return of_value(inner, depth + 1);
    }
    let is_bad = matches!(text("outcome"), Some("refused" | "failed")) || text("level") == Some("ERROR");
    let who = text("service").map(String::from);
    let message = text("message").filter(|_| is_bad).or_else(|| text("error"));
    message.map(|it| Told { who, message: it.to_owned() }).into_iter().collect()
}

/// The reason of a report, and of each step that was not done.
fn of_report(report: &Report) -> Vec<Told> {
    if !matches!(report.outcome, Outcome::Refused | Outcome::Failed) {
        return Vec::new();
    }
    let who = || Some(report.function.clone());
    let steps = report.steps.iter().filter_map(|it| it.error.clone());
    let steps: Vec<_> = steps.filter(|it| !it.starts_with("not begun")).collect();
    // The reason is that of a step, where a step was not done.
    let reason = report.reason.clone().filter(|it| steps.is_empty() || steps.iter().all(|step| !it.contains(step)));
    reason.into_iter().chain(steps).map(|message| Told { who: who(), message }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::told_in;

    fn messages(text: &str) -> Vec<String> {
        told_in(text)
            .into_iter()
            .map(|it| format!("{}{}", it.who.map(|it| it + ": ").unwrap_or_default(), it.message))
            .collect()
    }

    #[test]
    fn a_refusal_is_found_wherever_it_is_told() {
        let report = |outcome: &str, reason: &str| json!({"function": "share-ami", "key": null, "outcome": outcome, "reason": reason, "notes": [], "steps": []});
        let refused = report("refused", "so it is");
        let line = json!({"service": "share-ami", "level": "INFO", "outcome": "refused", "message": "so it is", "report": refused.to_string()});
        let failed = json!({"errorType": "Signalbox.Failed", "errorMessage": refused.to_string()});
        let record = json!({"requestPayload": {}, "responsePayload": failed});
        for text in [refused.to_string(), line.to_string(), failed.to_string(), record.to_string()] {
            assert_eq!(messages(&text), ["share-ami: so it is"], "{text}");
        }
        let log = format!("START\n{}\n{line}\n{line}\n", report("applied", "fine"));
        assert_eq!(messages(&log), ["START", "share-ami: so it is"]);
        assert_eq!(messages(&report("applied", "fine").to_string()), [""; 0]);
        assert_eq!(messages("error: a message: why; what to do\n"), ["a message: why; what to do"]);
        assert_eq!(
            messages(r#"{"service": "emr-dns", "level": "ERROR", "message": "init failed: x"}"#),
            ["emr-dns: init failed: x"]
        );
        assert_eq!(messages(r#"{"errorCode": "AccessDenied", "errorMessage": "User: a is not"}"#), ["User: a is not"]);
        assert_eq!(messages(""), [""; 0]);
        assert_eq!(messages("{\"broken\": "), [""; 0]);
    }

    #[test]
    fn steps_tell_for_themselves() {
        let report = json!({
            "function": "share-ami", "key": null, "outcome": "failed", "reason": "denied", "notes": [],
            "steps": [{"step": "a", "error": "denied"}, {"step": "b", "error": null}, {"step": "c", "error": "not begun: late"}],
        });
        assert_eq!(messages(&report.to_string()), ["share-ami: denied"]);
    }
}
