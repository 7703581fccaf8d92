//! Findings: the report shows them as they are, and an error among them refuses every step.

use futures_util::FutureExt;

use super::{MemoryLedger, check, expect, for_a_minute, now};
use crate::{Counts, Error, Finding, Key, Mode, Outcome, Plan, Reaction, Report, Run, Severity, drive};

/// A check of a template whose event says what is found.
struct Check;

impl Reaction for Check {
    const NAME: &'static str = "check";
    type Event = Vec<Finding>;
    type Subject = Vec<Finding>;
    type Facts = ();
    type Step = &'static str;

    fn parse(event: Vec<Finding>) -> Result<Option<Vec<Finding>>, Error> {
        Ok(Some(event))
    }

    fn key(_: &Vec<Finding>) -> Key {
        Key::new(["template"])
    }

    async fn observe(&self, _: &Vec<Finding>, _: &Run) -> Result<(), Error> {
        Ok(())
    }

    fn plan(subject: &Vec<Finding>, (): &()) -> Result<Plan<&'static str>, Error> {
        let counts = Counts::from([("check".to_owned(), [("read".to_owned(), 3)].into())]);
        Ok(Plan::of(vec!["deploy the template"]).with_findings(subject.clone()).with_counts(counts))
    }

    async fn apply(&self, subject: &Vec<Finding>, _: &&'static str, _: &Run) -> Result<(), Error> {
        assert!(subject.iter().all(|it| it.severity != Severity::Error), "an error was found");
        Ok(())
    }
}

fn finding(severity: Severity, path: &str) -> Finding {
    Finding {
        path: path.into(),
        severity,
        rule: "role-is-open".into(),
        message: "the role trusts every account".into(),
        remedy: "name the accounts".into(),
    }
}

fn run(mode: Mode, found: &[Finding]) -> Report {
    drive(&Check, &MemoryLedger::new(now), mode, &for_a_minute(), found.to_vec()).now_or_never().unwrap()
}

#[test]
fn a_warning_is_shown_and_the_steps_are_carried_out() {
    let report = run(Mode::Apply, &[finding(Severity::Warning, "role.yaml:Role")]);
    check(
        &report,
        &expect![[r"
            check: applied
              - deploy the template
              warning: role.yaml:Role: the role trusts every account; name the accounts (role-is-open)"]],
    );
    assert_eq!(report.counts["check"]["read"], 3);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["findings"][0]["severity"], "warning");
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
}

/// And a dry run shows the same.
#[test]
fn an_error_refuses_every_step_and_is_in_the_report_beside_the_others() {
    let found =
        [finding(Severity::Error, "a.yaml"), finding(Severity::Note, "b.yaml"), finding(Severity::Error, "c.yaml")];
    let report = run(Mode::Apply, &found);
    check(
        &report,
        &expect![[r"
            check: refused (a.yaml: the role trusts every account; name the accounts (errors: 2))
              - deploy the template
                not done: not begun: an error was found
              error: a.yaml: the role trusts every account; name the accounts (role-is-open)
              note: b.yaml: the role trusts every account; name the accounts (role-is-open)
              error: c.yaml: the role trusts every account; name the accounts (role-is-open)"]],
    );
    assert_eq!((report.outcome, report.counts["check"]["read"]), (Outcome::Refused, 3));
    assert_eq!(run(Mode::Plan, &found), report);
}

#[test]
fn a_plan_shows_what_its_report_would() {
    let plan = Check::plan(&vec![finding(Severity::Note, "a.yaml")], &()).unwrap();
    let plan = plan.with_notes(["it is new".into()]).with_incomplete(["b.yaml".into()]);
    expect![[r#"
        deploy the template
        note: a.yaml: the role trusts every account; name the accounts (role-is-open)
        note: it is new
        incomplete: b.yaml
    "#]]
    .assert_eq(&plan.to_string());
    assert_eq!(Plan::<&str>::Ignore("it is not ours".into()).to_string(), "ignored: it is not ours\n");
}
