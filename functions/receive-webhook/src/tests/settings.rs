//! The configuration: what is taken, and what is said of a mistake.

use reaction::settings::Variables;

use super::ARN;
use crate::settings::Settings;

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/111122223333/mirror-repository.fifo";

fn read(hooks: &str, queue: &str) -> Result<Settings, String> {
    let given = |name: &str| match name {
        "SIGNALBOX_HOOKS" => Some(hooks.to_owned()).filter(|it| !it.is_empty()),
        "SIGNALBOX_QUEUE" => Some(queue.to_owned()),
        _ => None,
    };
    let variables: Variables = &given;
    Settings::read(variables).map_err(|error| error.to_string())
}

#[test]
fn without_hooks_there_are_none_and_that_is_no_mistake() {
    for hooks in ["", "{}"] {
        assert!(read(hooks, QUEUE).unwrap().hooks.by_path.is_empty());
    }
}

#[test]
fn a_queue_that_forgets_no_double_is_refused() {
    for queue in ["https://sqs.eu-west-1.amazonaws.com/111122223333/mirror", "mirror.fifo", "https://x/ .fifo"] {
        assert!(read("{}", queue).unwrap_err().contains("SIGNALBOX_QUEUE"), "{queue}");
    }
}

/// A hook with these fields beside its forge and its secret.
fn entry(forge: &str, more: &str) -> String {
    format!(r#"{{"/a": {{"forge": "{forge}", "secret": "{ARN}"{more}}}}}"#)
}

const KNOWN: &str = r#", "repositories": {"1": "acme/templates"}"#;

#[test]
fn a_mistake_in_the_hooks_names_its_place() {
    let good = entry("github", KNOWN);
    assert!(read(&good, QUEUE).is_ok());
    let inner = good.trim_matches(['{', '}']).to_owned() + "}}";
    let beside = |more: &str| entry("github", &format!("{KNOWN}, {more}"));
    for (hooks, why) in [
        ("[]".to_owned(), "not the hooks in JSON"),
        (good.replace("/a", "github"), "`github` is not a path"),
        (good.replace("/a", "/git hub"), "`/git hub` is not a path"),
        (format!("{{{inner}, {inner}}}"), "`/a` is there twice"),
        (entry("sourcehut", KNOWN), "unknown variant `sourcehut`"),
        (entry("github", ""), "missing field `repositories`"),
        (entry("github", r#", "repositories": {}"#), "name one at least"),
        (entry("github", r#", "repositories": {"1": "templates"}"#), "write OWNER/REPO"),
        (entry("github", r#", "repositories": {"1": "a/b", "1": "a/c"}"#), "`1` is there twice"),
        (beside(r#""proofs": []"#), "`proofs` is empty"),
        (beside(r#""proofs": ["source"]"#), "unknown variant `source`"),
        (beside(r#""sources": ["everywhere"]"#), "not a range of addresses"),
        (beside(r#""branches": ["a b"]"#), "not the name of a branch"),
        (beside(r#""source": ["192.0.2.0/24"]"#), "unknown field `source`"),
        (good.replace(ARN, "hunter2"), "not the ARN of a secret"),
        (good.replace("secretsmanager", "ssm"), "not the ARN of a secret"),
        (good.clone() + &" ".repeat(3_500), "and 3500 are the most"),
    ] {
        let error = read(&hooks, QUEUE).unwrap_err();
        assert!(error.contains("SIGNALBOX_HOOKS") && error.contains(why), "{hooks:.200}: {error}");
    }
}
