//! Which crate may depend on which, as cargo itself resolves them; and which of them write to the log.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use expect_test::expect;
use serde_json::Value;

use super::File;

/// A package of ours.
struct Package {
    name: String,
    /// Its folder from the top, such as `shared/reaction`.
    folder: String,
    /// What it needs to run, not only for its tests.
    needs: BTreeSet<String>,
}

/// What cargo knows: our packages, and what each package of the graph needs, by name.
struct Graph {
    ours: Vec<Package>,
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn read() -> Self {
        let metadata = metadata();
        let of = |key: &str| metadata[key].as_array().unwrap().clone();
        let packages = of("packages");
        let names: BTreeMap<_, _> = packages.iter().map(|it| (text(&it["id"]), text(&it["name"]))).collect();
        let mut needs = BTreeMap::<String, BTreeSet<String>>::new();
        for node in metadata["resolve"]["nodes"].as_array().unwrap() {
            let needed = node["deps"].as_array().unwrap().iter().filter(|it| is_to_run(it));
            let needed = needed.map(|it| names[&text(&it["pkg"])].clone());
            needs.entry(names[&text(&node["id"])].clone()).or_default().extend(needed);
        }
        let members: Vec<String> = of("workspace_members").iter().map(text).collect();
        let ours = packages.iter().filter(|it| members.contains(&text(&it["id"])));
        let ours = ours.map(|it| Package::read(it, &needs)).collect();
        Self { ours, needs }
    }

    /// Everything that a package needs, directly or by way of others.
    fn closure(&self, name: &str) -> BTreeSet<String> {
        let (mut found, mut open) = (BTreeSet::new(), vec![name.to_owned()]);
        while let Some(next) = open.pop() {
            for needed in self.needs.get(&next).into_iter().flatten() {
                if found.insert(needed.clone()) {
                    open.push(needed.clone());
                }
            }
        }
        found
    }

    /// The names of our packages in a folder.
    fn under(&self, folder: &str) -> BTreeSet<String> {
        let start = format!("{folder}/");
        let is_there = |it: &&Package| it.folder == folder || it.folder.starts_with(&start);
        self.ours.iter().filter(is_there).map(|it| it.name.clone()).collect()
    }
}

impl Package {
    fn read(package: &Value, needs: &BTreeMap<String, BTreeSet<String>>) -> Self {
        let name = text(&package["name"]);
        let manifest = text(&package["manifest_path"]);
        let folder = manifest.trim_end_matches("/Cargo.toml");
        let top = local_aws::workspace().canonicalize().unwrap();
        let folder = folder.strip_prefix(top.to_str().unwrap()).unwrap_or(folder).trim_start_matches('/').to_owned();
        Self { needs: needs.get(&name).cloned().unwrap_or_default(), name, folder }
    }
}

fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--offline",
        "--filter-platform",
        "x86_64-unknown-linux-gnu",
    ]);
    let told = cargo.current_dir(local_aws::workspace()).output().expect("cargo runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

fn is_to_run(dependency: &Value) -> bool {
    dependency["dep_kinds"].as_array().unwrap().iter().any(|it| it["kind"].is_null())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// What decides knows nothing of AWS, of Lambda and of waiting.
#[test]
fn the_words_and_the_arithmetic_are_pure() {
    let graph = Graph::read();
    let is_impure = |name: &str| {
        name.starts_with("aws-") || name.starts_with("lambda_") || ["aws", "ledger", "lambda", "tokio"].contains(&name)
    };
    for name in ["place", "trace", "reaction", "events", "policy", "sharing", "rotation", "naming", "mirror"] {
        let impure: Vec<_> = graph.closure(name).into_iter().filter(|it| is_impure(it)).collect();
        assert!(impure.is_empty(), "shared/{name} needs {impure:?}");
    }
    assert!(graph.closure("share-ami").contains("aws-sdk-ec2"), "the graph is read as it is");
}

#[test]
fn no_function_needs_another() {
    let graph = Graph::read();
    for function in graph.under("functions") {
        let others: Vec<_> = graph.closure(&function).intersection(&graph.under("functions")).cloned().collect();
        assert!(others.is_empty(), "{function} needs {others:?}");
    }
}

#[test]
fn what_is_shared_needs_nothing_of_those_who_share_it() {
    let graph = Graph::read();
    let users: BTreeSet<_> = ["functions", "cli", "tests"].iter().flat_map(|folder| graph.under(folder)).collect();
    assert!(users.contains("share-ami") && users.contains("signalbox-tests"), "{users:?}");
    for shared in graph.under("shared") {
        let wrong: Vec<_> = graph.closure(&shared).intersection(&users).cloned().collect();
        assert!(wrong.is_empty(), "{shared} needs {wrong:?}");
    }
}

/// `make demo` compiles these before a newcomer sees anything, and each client is a minute or more. `sso` and `ssooidc` are of
/// profiles, which the command line reads: features are those of the whole workspace, so that nothing is compiled twice.
#[test]
fn the_demo_needs_the_clients_that_it_shows_and_one_function() {
    let graph = Graph::read();
    let needed: BTreeSet<_> = ["demo", "share-ami"].iter().flat_map(|it| graph.closure(it)).collect();
    let clients = needed.iter().filter_map(|it| it.strip_prefix("aws-sdk-")).collect::<Vec<_>>().join(" ");
    expect!["cloudformation dynamodb ec2 eventbridge kms lambda organizations s3 sso ssooidc sts"].assert_eq(&clients);
    let ours: BTreeSet<_> = graph.under("functions").union(&graph.under("cli")).cloned().collect();
    let ours: Vec<_> = ours.intersection(&needed).collect();
    assert_eq!(ours, ["local-aws", "terminal"], "the demo names its function by its name");
}

/// Cargo compiles a crate once for all that it builds together: what one of our packages asks of it, tests see in all of them, and a
/// function that is built by itself has not. In a map that keeps its order, JSON is written otherwise than it is shipped.
#[test]
fn tests_write_json_as_functions_do() {
    let nodes = metadata()["resolve"]["nodes"].clone();
    let is_json = |it: &&Value| text(&it["id"]).contains("#serde_json@");
    let json: Vec<_> = nodes.as_array().unwrap().iter().filter(is_json).collect();
    let features = json[0]["features"].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(" ");
    assert_eq!(json.len(), 1, "{json:?}");
    expect!["alloc default float_roundtrip raw_value std"].assert_eq(&features);
}

/// Where S3's client asks for a later version, cargo takes that of the registry, and each zip is 650 KB larger.
#[test]
fn the_crcs_of_s3_are_ours() {
    let graph = Graph::read();
    assert!(graph.closure("aws-sdk-s3").contains("crc-fast"), "S3's client has another source of CRCs: remove ours");
    assert!(graph.under("shared").contains("crc-fast"), "{:?}", graph.under("shared"));
    let lock = super::read("Cargo.lock");
    let versions: Vec<_> = lock.split("[[package]]").filter(|it| it.contains("name = \"crc-fast\"")).collect();
    assert!(
        versions.len() == 1 && !versions[0].contains("source = "),
        "S3's client has a crate of the registry: {versions:?}"
    );
}

/// A deployed function may run whatever is shared, so nothing shared reads arguments or draws on a terminal.
#[test]
fn what_is_shared_has_no_command_line() {
    let graph = Graph::read();
    let of_terminals = ["clap", "comfy-table", "indicatif", "anstream"];
    assert!(of_terminals.iter().all(|it| graph.closure("signalbox").contains(*it)), "the graph is read as it is");
    for name in graph.under("shared").into_iter().chain(graph.under("functions")) {
        let needed = graph.closure(&name);
        let wrong: Vec<_> = of_terminals.iter().filter(|it| needed.contains(**it)).collect();
        assert!(wrong.is_empty(), "{name} needs {wrong:?}");
    }
}

/// Nothing that is deployed needs the local AWS or the command line.
#[test]
fn functions_need_nothing_of_the_command_line_and_of_the_tests() {
    let graph = Graph::read();
    for function in graph.under("functions") {
        let needed = graph.closure(&function);
        let wrong: Vec<_> =
            ["cli", "tests"].iter().flat_map(|it| graph.under(it)).filter(|it| needed.contains(it)).collect();
        assert!(wrong.is_empty(), "{function} needs {wrong:?}");
    }
}

/// The bench has a do-nothing function on the bare runtime, as the limit that `shared/lambda` is measured against.
#[test]
fn only_the_runtime_knows_lambda() {
    let graph = Graph::read();
    let knows = |it: &&Package| ["lambda_runtime", "lambda_http"].iter().any(|name| it.needs.contains(*name));
    let those: BTreeSet<_> = graph.ours.iter().filter(knows).map(|it| it.folder.as_str()).collect();
    assert_eq!(those, BTreeSet::from(["shared/lambda", "tests/bench"]));
}

/// What is not on the list of the log is kept at `info`, also where it is ours.
#[test]
fn a_crate_that_logs_is_on_the_list_of_the_log() {
    let log = super::read("shared/lambda/src/log.rs");
    let listed = log.lines().find(|line| line.starts_with("const OURS")).expect("the list");
    for File { path, text } in super::files().into_iter().filter(|it| it.extension() == "rs") {
        let parts: Vec<_> = path.split('/').collect();
        if let ["shared" | "functions", folder, "src", ..] = parts[..]
            && ["trace!", "debug!", "info!", "warn!", "error!", "event!"]
                .iter()
                .any(|it| text.contains(&format!("tracing::{it}")))
        {
            assert!(listed.contains(&format!("\"{}\"", folder.replace('-', "_"))), "{path}: {listed}");
        }
    }
}
