//! The two engines that judge the cases: the crate iam-rs, and ministack's IAM, which its Python runs.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use iam_rs::{
    Arn, Context, ContextValue, Decision, EvaluationOptions, IAMPolicy, IAMRequest, PolicyEvaluator, Principal,
    PrincipalId,
};
use serde_json::{Value, json};

use super::cases::{Case, Guardrail, Policy};
use super::list;

/// What ministack makes of each guardrail, in their order: `documents` and `verdicts`.
pub fn judged_by_ministack() -> &'static [Value] {
    static JUDGED: LazyLock<Vec<Value>> = LazyLock::new(|| ask_ministack(&Guardrail::all()));
    &JUDGED
}

fn path_of(Guardrail { folder, name, .. }: &Guardrail) -> PathBuf {
    local_aws::workspace().join(format!("infra/{folder}/{name}.yaml"))
}

/// What ministack makes of templates with cases, in their order: `documents` and `verdicts`.
pub fn ask_ministack(templates: &[Guardrail]) -> Vec<Value> {
    let workspace = local_aws::workspace();
    let asked = templates.iter().map(|it| {
        let folder = workspace.join("infra").join(it.folder);
        let read = |ending: &str| std::fs::read_to_string(folder.join(format!("{}.{ending}", it.name))).unwrap();
        let mut asked: Value = serde_json::from_str(&read("cases.json")).unwrap();
        asked["template"] = json!(read("yaml"));
        asked
    });
    let mut python = Command::new(workspace.join(".local/venv/bin/python"));
    python.arg(workspace.join("tests/src/templates/guardrails/by_ministack.py"));
    let mut running = python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(asked.collect::<Value>().to_string().as_bytes()).unwrap();
    let told = running.wait_with_output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// What iam-rs says of a case. What it cannot be asked, it is asked in other words, each with a test below.
fn judge_by_iam_rs(policy: &Policy, document: &Value, case: &Case) -> &'static str {
    let mut statements = statements_of(document, &policy.others_allow);
    let is_every = case.resource == "*";
    if is_every {
        // A request for `*` is one that a statement about `*` meets, and no other.
        statements.retain(|it| list(&it["Resource"]).contains(&"*"));
    }
    let policy = policy_of(&statements);
    let resource = if is_every { "arn:aws:every:::resource" } else { &case.resource };
    let request = IAMRequest::new_with_context(
        principal_of(case),
        case.action.as_str(),
        Arn::parse(resource).unwrap(),
        context_of(case),
    );
    let options = EvaluationOptions { ignore_resource_constraints: is_every, ..EvaluationOptions::default() };
    let said = PolicyEvaluator::with_policies(vec![policy]).with_options(options).evaluate(&request);
    match said.unwrap_or_else(|error| panic!("{}: {error}", case.is)).decision {
        Decision::Allow => "allow",
        Decision::Deny | Decision::NotApplicable => "deny",
    }
}

fn policy_of(statements: &[Value]) -> IAMPolicy {
    serde_json::from_value(json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

/// The statements of a policy, with what others allow. Those of ECR have no resource: they are about their repository.
fn statements_of(document: &Value, others_allow: &str) -> Vec<Value> {
    let mut statements = document["Statement"].as_array().unwrap().clone();
    for it in statements.iter_mut().filter(|it| it.get("Resource").is_none()) {
        it["Resource"] = json!("*");
    }
    if others_allow == "everything" {
        statements.push(json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}));
    }
    statements
}

/// It has no anonymous caller. One who is known to S3 alone has no keys either. An account's root is the whole account in a policy, and
/// that root alone to it: so a role is asked for as its account, and the condition keys tell which role it is.
fn principal_of(case: &Case) -> Principal {
    let id = |it: &str| PrincipalId::String(it.to_owned());
    match case.caller.as_deref() {
        Some("anonymous") => Principal::CanonicalUser(id(&"0".repeat(64))),
        Some(service) if service.ends_with(".amazonaws.com") => Principal::Service(id(service)),
        Some(arn) => Principal::Aws(id(&format!("arn:aws:iam::{}:root", arn.split(':').nth(4).unwrap()))),
        None => Principal::Aws(id("111122223333")),
    }
}

fn context_of(case: &Case) -> Context {
    let values = case.context.iter().map(|(name, value)| {
        let value = value.as_str().unwrap();
        let value = value.parse().map_or_else(|_| ContextValue::String(value.into()), ContextValue::Boolean);
        (name.clone(), value)
    });
    Context::with_data(values.collect::<HashMap<_, _>>())
}

#[test]
fn two_engines_that_are_not_ours_judge_every_case_as_aws_documents_it() {
    assert_eq!(misjudged(&Guardrail::all(), judged_by_ministack()), "");
}

/// A line for each case that one of the engines judges otherwise.
pub fn misjudged(templates: &[Guardrail], judged: &[Value]) -> String {
    let mut wrong = String::new();
    for (guardrail, judged) in templates.iter().zip(judged) {
        for (policy, verdicts) in guardrail.policies.iter().zip(judged["verdicts"].as_array().unwrap()) {
            let document = &judged["documents"][&policy.id];
            for (case, by_ministack) in policy.cases.iter().zip(verdicts.as_array().unwrap()) {
                let by_iam_rs = judge_by_iam_rs(policy, document, case);
                for (engine, said) in [("iam-rs", by_iam_rs), ("ministack", by_ministack.as_str().unwrap())] {
                    if said != case.verdict {
                        let place = format!("{} {} ({})", guardrail.name, policy.id, case.is);
                        let _ = writeln!(wrong, "{place}: {engine} says {said}, the case {}", case.verdict);
                    }
                }
            }
        }
    }
    wrong
}

#[test]
fn each_guardrail_has_cases_of_every_kind() {
    assert_cases_of_every_kind(Guardrail::all());
}

/// Each template has cases enough: that allow and deny, that lack a key, and that write an action in other letters.
pub fn assert_cases_of_every_kind(templates: Vec<Guardrail>) {
    for guardrail in templates {
        let cases: Vec<_> = guardrail.cases().collect();
        let has = |what: &str, is: &dyn Fn(&Case) -> bool| {
            assert!(cases.iter().any(|it| is(it)), "{}: no case of {what}", guardrail.name);
        };
        assert!(cases.len() >= 20, "{}: {} cases", guardrail.name, cases.len());
        has("allow", &|it| it.verdict == "allow");
        has("deny", &|it| it.verdict == "deny");
        has("a missing key", &|it| it.context.is_empty() || it.is.contains("not told"));
        let is_other = |it: &str, at: usize| it.split(':').nth(at).is_some_and(|it| it.starts_with(char::is_uppercase));
        let is_name = |it: &str| it.split_once(':').is_some_and(|(_, it)| it.starts_with(char::is_lowercase));
        has("another letter case", &|it| is_other(&it.action, 0) || is_name(&it.action));
        let template = std::fs::read_to_string(path_of(&guardrail)).unwrap();
        let is_pattern = |it: &str| {
            it.split_once(':').is_some_and(|(service, name)| {
                service.bytes().all(|it| it.is_ascii_lowercase() || it == b'-')
                    && name.ends_with('*')
                    && !name.contains(':')
            })
        };
        if template
            .lines()
            .any(|it| it.trim().strip_prefix("- ").is_some_and(|it| is_pattern(it.split(' ').next().unwrap())))
        {
            has("an action that a wildcard covers", &|it| it.is.contains("AWS adds"));
        }
        if template.contains("ExemptPrincipalArns:") {
            let exempt = ["exempt role", "Control Tower's role"];
            has("an exempt principal", &|it| it.verdict == "allow" && exempt.iter().any(|own| it.is.contains(own)));
            has("one whose name is like it", &|it| it.verdict == "deny" && it.is.contains("in other letters"));
        }
    }
}

/// What the engine is asked in other words, it refuses in these: when that ends, they can go.
#[test]
fn iam_rs_takes_the_root_of_an_account_for_that_user_alone() {
    let root = json!({"AWS": "arn:aws:iam::111122223333:root"});
    let allows = policy_of(&[json!({"Effect": "Allow", "Principal": root, "Action": "*", "Resource": "*"})]);
    let role = Principal::Aws(PrincipalId::String("arn:aws:iam::111122223333:role/developer".into()));
    let arn = Arn::parse("arn:aws:s3:::com-example-bucket/key").unwrap();
    let said = PolicyEvaluator::with_policies(vec![allows]).evaluate(&IAMRequest::new(role, "s3:GetObject", arn));
    assert_eq!(said.unwrap().decision, Decision::NotApplicable, "the root of an account is the account");
}

/// The same.
#[test]
fn iam_rs_cannot_be_asked_of_every_resource_or_of_an_anonymous_caller() {
    let every = Arn::parse("*");
    assert!(every.is_err(), "a request for * can be made: {every:?}");
    let allows = policy_of(&[json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})]);
    let ask = |of: IAMPolicy, principal: Principal| {
        let arn = Arn::parse("arn:aws:s3:::com-example-bucket/key").unwrap();
        PolicyEvaluator::with_policies(vec![of]).evaluate(&IAMRequest::new(principal, "s3:GetObject", arn))
    };
    assert!(ask(allows, Principal::Wildcard).is_err(), "an anonymous caller can be named");
    let without = policy_of(&[json!({"Effect": "Allow", "Principal": "*", "Action": "*"})]);
    let said = ask(without, Principal::Aws(PrincipalId::String("111122223333".into()))).unwrap().decision;
    assert_eq!(said, Decision::NotApplicable, "a statement without a resource is judged");
}
