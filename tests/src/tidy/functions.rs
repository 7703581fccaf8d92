//! What belongs to a function, all of it by its one name.

use std::collections::BTreeSet;

use super::{File, files, folders, read};

fn under(folder: &str) -> Vec<File> {
    files().into_iter().filter(|file| file.path.starts_with(folder)).collect()
}

/// The `name = ".."` lines of a manifest.
fn names_in(manifest: &str) -> Vec<String> {
    let names = manifest.lines().filter_map(|line| line.strip_prefix("name = "));
    names.map(|name| name.trim_matches('"').to_owned()).collect()
}

#[test]
fn a_function_has_one_name() {
    for function in folders("functions") {
        // The package's name, and the binary's.
        assert_eq!(
            names_in(&read(&format!("functions/{function}/Cargo.toml"))),
            [function.as_str(), function.as_str()]
        );
        let said = format!("const NAME: &'static str = \"{function}\";");
        let sources = under(&format!("functions/{function}/src/"));
        assert!(sources.iter().any(|file| file.text.contains(&said)), "functions/{function} is a Reaction: {said}");
        let template = read(&format!("infra/{function}.yaml"));
        // Or its template's default, where the operator may choose another.
        let names = [
            format!("FunctionName: {function}\n"),
            format!("FunctionName:\n    Type: String\n    Default: {function}\n"),
        ];
        assert!(names.iter().any(|it| template.contains(it)), "infra/{function}.yaml: FunctionName");
    }
}

/// A story is a test of the sample's name, in snake case.
#[test]
fn a_function_has_samples_and_each_has_a_story() {
    let tests: String = under("tests/src/").into_iter().map(|file| file.text).collect();
    let functions = folders("functions");
    for function in &functions {
        let samples = under(&format!("events/{function}/"));
        assert!(!samples.is_empty(), "events/{function} has samples");
        for File { path, .. } in samples {
            let name = path.rsplit('/').next().unwrap_or_default();
            let name = name.strip_suffix(".json").unwrap_or_else(|| panic!("{path} is no sample event"));
            assert!(tests.contains(&format!("    {}:", name.replace('-', "_"))), "{path} has no story");
        }
    }
    for folder in folders("events") {
        assert!(functions.contains(&folder), "events/{folder}: samples are of functions");
    }
}

/// The guide names files by NAME, and by NAME_ where Rust needs underscores.
#[test]
fn a_function_has_the_files_that_the_guide_names() {
    let guide = read("docs/contribute/add-a-function.md");
    let paths: BTreeSet<_> = guide
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|it| it.contains("NAME") && it.contains('/') && !it.contains('\n'))
        .collect();
    assert!(paths.len() > 5, "{paths:?}");
    // Functions whose parts are decided in shared crates have no decision of their own, some pages are still in the README, and a
    // function may act in its own account alone.
    let is_optional = |path: &str| ["/README.md", "/src/tests.rs", "-member.yaml"].iter().any(|it| path.ends_with(it));
    for function in folders("functions") {
        for path in paths.iter().filter(|path| !is_optional(path)) {
            let path = path.replace("NAME_", &function.replace('-', "_")).replace("NAME", &function);
            assert!(local_aws::workspace().join(&path).exists(), "{function} has no {path}");
        }
    }
}

/// What its page says comes first; the README of the whole need not grow with each function.
#[test]
fn a_function_has_a_page_or_is_in_the_readme() {
    let (readme, files) = (read("README.md"), under("functions/"));
    for function in folders("functions") {
        let page = format!("functions/{function}/README.md");
        let has_page = files.iter().any(|file| file.path == page && file.text.contains(&format!("`{function}`")));
        let is_named = has_page || readme.contains(&format!("`{function}`"));
        assert!(is_named, "write {page}, which names `{function}`");
    }
}

/// Every template is a function's, or one of those that all of them share.
#[test]
fn no_template_is_left_behind() {
    let functions = folders("functions");
    for File { path, .. } in under("infra/").into_iter().filter(|file| file.extension() == "yaml") {
        if path == "infra/audit/checkov.yaml" {
            continue;
        }
        // A guardrail is of no function, and has cases beside it; so do the pipelines that deliver.
        if ["infra/guardrails/", "infra/delivery/"].iter().any(|it| path.starts_with(it)) {
            let cases = path.replace(".yaml", ".cases.json");
            assert!(local_aws::workspace().join(&cases).exists(), "{path} has no {cases}");
            continue;
        }
        // What runs on Kubernetes is of no function: tests/src/templates/kubernetes.rs.
        if path.starts_with("infra/kubernetes/") {
            continue;
        }
        let name = path.trim_start_matches("infra/").trim_end_matches(".yaml");
        let is_shared =
            ["ledger", "grants", "rotations", "deployments", "patches", "bus", "member-account", "management-account"]
                .contains(&name);
        // What watches all functions.
        let is_shared = is_shared || name == "operations";
        // What a function reports on.
        let is_shared = is_shared || name == "patching";
        // The workflow that calls either function of a fleet, and when it begins by itself.
        let is_shared = is_shared || ["fleet", "fleet-schedule"].contains(&name);
        // What hands jobs to a function, in the account that asks and beside the function.
        let is_shared = is_shared || ["policy-pipeline", "policy-pipeline-action"].contains(&name);
        let function = name.strip_suffix("-member").unwrap_or(name);
        assert!(is_shared || functions.iter().any(|it| it == function), "{path} is of no function");
    }
}

/// A function does not know that it runs in Lambda: its `main.rs` does.
#[test]
fn only_main_names_the_runtime() {
    let sources = under("functions/").into_iter().filter(|file| file.extension() == "rs");
    for File { path, text } in sources.filter(|file| !file.path.ends_with("/src/main.rs")) {
        let named = text.lines().find(|line| line.contains("lambda::") || line.contains("use runtime"));
        assert_eq!(named.filter(|line| !line.contains("aws_smithy_runtime")), None, "{path}");
    }
}
