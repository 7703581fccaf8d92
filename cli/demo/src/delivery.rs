//! Delivers an event as EventBridge would: each rule's pattern is asked whether it matches, and the targets of those
//! that do are invoked.
//!
//! It is done here because `PutEvents` takes no events of AWS's own sources. The difference is that the functions are
//! waited for, so that their reports can be shown.

use place::Arn;
use std::fmt;
use std::time::Duration;

use aws::{Answer, all_by_token};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_eventbridge::Client as EventBridge;
use aws_sdk_eventbridge::types::{Rule, RuleState, Target};
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use reaction::{Doing, Error, Report};
use serde::Serialize;
use serde_json::Value;

/// As long as a function can run.
const LONGEST_INVOCATION: Duration = Duration::from_mins(15);

/// The default event bus of an account and region.
pub struct Bus {
    events: EventBridge,
    lambda: Lambda,
}

/// What became of an event.
#[derive(Debug, Serialize)]
pub struct Sent {
    /// How many enabled rules were asked.
    pub rules: usize,
    /// How many of them match.
    pub matching: usize,
    /// One for each target of each rule that matched.
    pub deliveries: Vec<Delivery>,
}

/// What a target made of an event.
#[derive(Debug, Serialize)]
pub struct Delivery {
    /// The rule.
    pub rule: String,
    /// The target's ARN.
    pub target: String,
    /// What came back.
    #[serde(flatten)]
    pub reply: Reply,
}

/// What came back from a target.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// A function of the suite answered or failed with this report.
    Report(Report),
    /// Another function answered.
    Answer(Value),
    /// A function failed without a report, or could not be invoked.
    Error(String),
    /// The target cannot be invoked from here.
    Skipped(String),
}

impl Bus {
    /// The default bus of where `config` points to.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { events: EventBridge::new(config), lambda: Lambda::new(config) }
    }

    /// Delivers the event to every target of every enabled rule that matches.
    pub async fn deliver(&self, event: &str) -> Result<Sent, Error> {
        let mut sent = Sent { rules: 0, matching: 0, deliveries: Vec::new() };
        for rule in self.rules().await? {
            let (Some(name), Some(pattern)) = (rule.name(), rule.event_pattern()) else { continue };
            sent.rules += 1;
            if !self.matches(name, pattern, event).await? {
                continue;
            }
            sent.matching += 1;
            for target in self.targets(name).await? {
                let reply = self.invoke(&target, event).await;
                sent.deliveries.push(Delivery { rule: name.into(), target: target.arn, reply });
            }
        }
        Ok(sent)
    }

    /// The enabled rules.
    async fn rules(&self) -> Result<Vec<Rule>, Error> {
        let rules = all_by_token(async |token| {
            let answer = self.events.list_rules().set_next_token(token).send().await.or_error()?;
            Ok((answer.rules, answer.next_token))
        });
        let rules = rules.await.doing(|| "listing the rules of the default bus")?;
        Ok(rules.into_iter().filter(is_enabled).collect())
    }

    async fn matches(&self, rule: &str, pattern: &str, event: &str) -> Result<bool, Error> {
        let test = self.events.test_event_pattern().event_pattern(pattern).event(event);
        let answer = test.send().await.or_error();
        Ok(answer.doing(|| format!("asking whether the pattern of rule {rule} matches the event"))?.result())
    }

    async fn targets(&self, rule: &str) -> Result<Vec<Target>, Error> {
        let targets = all_by_token(async |token| {
            let ask = self.events.list_targets_by_rule().rule(rule).set_next_token(token);
            let answer = ask.send().await.or_error()?;
            Ok((answer.targets, answer.next_token))
        });
        targets.await.doing(|| format!("listing the targets of rule {rule}"))
    }

    async fn invoke(&self, target: &Target, event: &str) -> Reply {
        if Arn::parse(target.arn()).is_none_or(|it| it.service != "lambda") {
            return Reply::Skipped("not a Lambda function; only those are invoked".into());
        }
        if target.input_path().is_some() || target.input_transformer().is_some() {
            let why = "the target transforms its input (InputPath or InputTransformer), which is not done here; invoke it by hand";
            return Reply::Skipped(why.into());
        }
        // A second attempt would invoke the function twice.
        let once = patience().retry_config(RetryConfig::disabled());
        ask(&self.lambda, target.arn(), target.input().unwrap_or(event), once).await
    }
}

/// Waits for an answer as long as a function can run.
#[must_use]
pub fn patience() -> aws_sdk_lambda::config::Builder {
    let patience = TimeoutConfig::builder()
        .operation_timeout(LONGEST_INVOCATION)
        .operation_attempt_timeout(LONGEST_INVOCATION)
        .read_timeout(LONGEST_INVOCATION);
    aws_sdk_lambda::config::Builder::new().timeout_config(patience.build())
}

/// Hands an event to a function, waits, and reads what it answers.
pub async fn ask(lambda: &Lambda, function: &str, event: &str, config: aws_sdk_lambda::config::Builder) -> Reply {
    let invoke = lambda.invoke().function_name(function).payload(Blob::new(event));
    match invoke.customize().config_override(config).send().await.or_error() {
        Ok(answer) => {
            let payload = answer.payload().map(AsRef::as_ref).unwrap_or_default();
            Reply::of(payload, answer.function_error().is_some())
        }
        Err(error) => Reply::Error(error.to_string()),
    }
}

fn is_enabled(rule: &Rule) -> bool {
    let enabled = [RuleState::Enabled, RuleState::EnabledWithAllCloudtrailManagementEvents];
    rule.state().is_some_and(|state| enabled.contains(state))
}

impl Reply {
    /// Reads what a function returned. A report that failed is the message of the function's error.
    fn of(payload: &[u8], is_error: bool) -> Self {
        let value: Value = serde_json::from_slice(payload).unwrap_or_default();
        if !is_error {
            return match serde_json::from_value(value.clone()) {
                Ok(report) => Self::Report(report),
                Err(_) => Self::Answer(value),
            };
        }
        let message = value.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
        match serde_json::from_str(message) {
            Ok(report) => Self::Report(report),
            Err(_) => Self::Error(format!("the function failed: {}", String::from_utf8_lossy(payload))),
        }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.deliveries.is_empty() {
            let Self { rules, matching, .. } = self;
            return write!(
                f,
                "delivered to nobody: of the default bus's {rules} enabled rules with a pattern, {matching} match{}",
                if *matching > 0 { ", without a target" } else { "" }
            );
        }
        for (number, delivery) in self.deliveries.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            write!(f, "{delivery}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rule {} -> {}", self.rule, self.target)?;
        match &self.reply {
            Reply::Report(report) => report.fmt(f),
            Reply::Answer(answer) => write!(f, "answered {answer}"),
            Reply::Error(error) => f.write_str(error),
            Reply::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use reaction::{Outcome, Report};

    use super::Reply;

    #[test]
    fn a_report_is_read_from_an_answer_and_from_an_error() {
        let report = Report::new("share-ami", Outcome::Failed, Some("throttled".into()));
        let text = serde_json::to_string(&report).unwrap();
        let error = serde_json::json!({"errorType": "Signalbox.Failed", "errorMessage": text}).to_string();
        for reply in [Reply::of(text.as_bytes(), false), Reply::of(error.as_bytes(), true)] {
            assert!(matches!(reply, Reply::Report(it) if it == report));
        }
    }

    #[test]
    fn what_is_no_report_is_shown_as_it_is() {
        assert!(matches!(Reply::of(b"[1]", false), Reply::Answer(it) if it == serde_json::json!([1])));
        let error = br#"{"errorType":"Runtime.ExitError","errorMessage":"exit status 1"}"#;
        assert!(matches!(Reply::of(error, true), Reply::Error(it) if it.contains("Runtime.ExitError")));
    }
}
