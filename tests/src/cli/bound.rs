//! With which accounts things may be shared: what acts has to be told, and a report says where nothing bounds it.

use serde_json::Value;

use super::{Ran, Shell};
use crate::functions::reconcile_shares::{MANIFEST, SWEEP, Scene};
use crate::world::scene::read_sample;

/// A command of a person who has not said with which accounts things may be shared.
fn unbounded(shell: &Shell, arguments: &[&str]) -> Ran {
    let mut command = shell.command(arguments);
    command.env_remove("SIGNALBOX_ALLOWED_ACCOUNTS");
    let ran = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ran { code: ran.status.code(), out: text(&ran.stdout), said: text(&ran.stderr) }
}

/// The event of the scene's image, and one of an image that no entry means.
fn write_events(shell: &Shell) {
    let sample = read_sample("share-ami", "an-image-became-available");
    let event: Value = serde_json::from_str(&sample).unwrap();
    let id = event["detail"]["ImageId"].as_str().unwrap();
    shell.write("ami.json", &sample.replace(id, &shell.scene.image));
    shell.write("golden.json", &sample.replace(id, &shell.scene.golden));
    shell.write("sweep.json", SWEEP);
    shell.write("nothing.json", "{}");
    shell.write("share.json", MANIFEST);
}

#[tokio::test]
async fn what_acts_has_to_be_told_with_which_accounts_it_may_share() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    write_events(&shell);
    let (manifest, before) = (format!("s3://{}/share.json", scene.world.bucket()), scene.picture().await);
    shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
    let calls = scene.world.calls();
    let commands = [
        &["run", "ami.json", "--manifest", &manifest] as &[_],
        &["run", "sweep.json", "--function", "reconcile-shares", "--manifest", &manifest],
        &["apply", "plan.json"],
        &["apply", "plan.json", "--allowed-accounts", ""],
    ];
    for command in commands {
        let ran = unbounded(&shell, command);
        assert_eq!(ran.code, Some(252), "{command:?}: {}{}", ran.out, ran.said);
        let told = "give --allowed-accounts (or set SIGNALBOX_ALLOWED_ACCOUNTS)";
        assert!(ran.said.contains(told) && ran.said.contains("`everybody`"), "{command:?}: {}", ran.said);
    }
    assert_eq!(scene.writes_since(calls), [""; 0], "nothing is written, to the tables neither");
    assert_eq!(scene.picture().await, before);
    let told = unbounded(&shell, &["apply", "plan.json", "--allowed-accounts", "everybody"]);
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.said);
    assert!(told.out.contains("note: the manifest may share with any account: "), "{}", told.out);
    assert_ne!(scene.picture().await, before);
}

#[tokio::test]
async fn what_only_plans_says_that_nothing_bounds_it() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    write_events(&shell);
    let manifest = format!("s3://{}/share.json", scene.world.bucket());
    let note =
        "note: the manifest may share with any account: --allowed-accounts (SIGNALBOX_ALLOWED_ACCOUNTS) is not given";
    for command in [
        &["plan", "ami.json", "--manifest", &manifest] as &[_],
        &["plan", "golden.json", "--manifest", &manifest],
        &["plan", "nothing.json", "--function", "share-ebs-snapshot", "--manifest", &manifest],
        &["plan", "sweep.json", "--function", "react-org-change", "--manifest", &manifest],
        &["plan", "--manifest", "share.json"],
    ] {
        let planned = unbounded(&shell, command);
        assert_eq!(planned.out.matches(note).count(), 1, "{command:?}: {}{}", planned.out, planned.said);
        let bounded = [command, &["--allowed-accounts", "222233334444"]].concat();
        let bounded = unbounded(&shell, &bounded);
        assert!(!bounded.out.contains("any account"), "{command:?}: {}", bounded.out);
    }
    let names = unbounded(&shell, &["plan", "nothing.json", "--function", "emr-dns"]);
    assert!(!names.out.contains("any account"), "what does not share has no bound: {}", names.out);
}

#[tokio::test]
async fn everybody_is_repeated_in_each_report_of_each_function_whatever_became_of_the_event() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    write_events(&shell);
    let manifest = format!("s3://{}/share.json", scene.world.bucket());
    let report = |arguments: &[&str]| {
        let ran = shell.run(&[arguments, &["--manifest", &manifest, "--output", "json"]].concat());
        let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.said));
        let notes = report["notes"].as_array().unwrap();
        assert!(
            notes.iter().any(|note| note.as_str().unwrap().ends_with("is `everybody`")),
            "{arguments:?}: {report:#}"
        );
        report["outcome"].as_str().unwrap().to_owned()
    };
    let sharing = ["share-ami", "share-ebs-snapshot", "share-rds-snapshot", "reconcile-shares", "react-org-change"];
    for function in sharing {
        assert_eq!(report(&["run", "nothing.json", "--function", function]), "refused", "{function}");
    }
    let ami = ["run", "ami.json"];
    let outcomes = [&["run", "golden.json"] as &[_], &["plan", "ami.json"], &ami, &ami].map(report);
    assert_eq!(outcomes, ["ignored", "planned", "applied", "repeated"]);
    scene.put_manifest(r#"{"ami": 5}"#).await;
    assert_eq!(report(&["run", "sweep.json", "--function", "reconcile-shares"]), "refused");
}
