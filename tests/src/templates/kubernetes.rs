//! The manifests of the collector agree with the schemas of Kubernetes, with each other, and with the role that its pods get.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use super::template::{Template, documents};

/// The versions of Kubernetes whose schemas they have to agree with: those that EKS supports.
const VERSIONS: [&str; 2] = ["1.33", "1.37"];

fn folder() -> PathBuf {
    local_aws::workspace().join("infra/kubernetes")
}

/// The template of the role, which is the only one there that is for CloudFormation.
pub fn role() -> PathBuf {
    folder().join("collector-role.yaml")
}

fn manifests() -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path());
    files.filter(|path| *path != role()).collect()
}

fn compare(files: &[PathBuf]) -> Output {
    let workspace = local_aws::workspace();
    let mut command = Command::new(workspace.join(".local/venv/bin/python"));
    command.arg(workspace.join("tests/src/templates/kubernetes.py")).args(VERSIONS).arg("--").args(files);
    command.output().expect("`make setup` installs it")
}

#[test]
fn every_manifest_agrees_with_the_schemas_of_kubernetes() {
    let files = manifests();
    assert!(!files.is_empty());
    let compared = compare(&files);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(compared.status.success(), "{}{}", text(&compared.stdout), text(&compared.stderr));
}

#[test]
fn a_field_that_kubernetes_does_not_know_is_found() {
    let text = std::fs::read_to_string(folder().join("collector.yaml")).unwrap();
    for (from, to) in [
        ("serviceAccountName:", "serviceAccountLabel:"),
        ("containerPort: 4317", "containerPort: four"),
        ("kind: DaemonSet", "kind: DemonSet"),
    ] {
        assert!(text.contains(from));
        let path = std::env::temp_dir().join(format!("signalbox-manifest-{}-{}.yaml", std::process::id(), from.len()));
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let compared = compare(std::slice::from_ref(&path));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(compared.status.code(), Some(1), "{to}: {}", String::from_utf8_lossy(&compared.stderr));
        assert!(!compared.stdout.is_empty(), "{to}");
    }
}

/// The documents of the collector's manifest, by kind.
fn of_kind(kind: &str) -> Value {
    let all = documents(&folder().join("collector.yaml"));
    all.into_iter().find(|it| it["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

fn numbers(ports: &Value, field: &str) -> BTreeSet<String> {
    let of = |port: &Value| format!("{} {}", port[field], port["protocol"].as_str().unwrap_or("TCP"));
    ports.as_array().unwrap().iter().map(of).collect()
}

#[test]
fn what_the_collector_listens_on_is_what_the_service_leads_to() {
    let (daemons, service) = (of_kind("DaemonSet"), of_kind("Service"));
    let container = &daemons["spec"]["template"]["spec"]["containers"][0];
    let configuration = of_kind("ConfigMap")["data"]["collector.yaml"].as_str().unwrap().to_owned();
    let listened = numbers(&container["ports"], "containerPort");
    for port in &listened {
        let (number, _) = port.split_once(' ').unwrap();
        assert!(configuration.contains(&format!("${{env:POD_IP}}:{number}\n")), "nothing listens on {port}");
    }
    let offered = numbers(&service["spec"]["ports"], "port");
    let missing: Vec<_> = offered.difference(&listened).collect();
    assert!(missing.is_empty() && offered.len() == 4, "{missing:?}");
    let names: BTreeSet<_> =
        container["ports"].as_array().unwrap().iter().map(|it| it["name"].clone().to_string()).collect();
    assert!(
        service["spec"]["ports"].as_array().unwrap().iter().all(|it| names.contains(&it["targetPort"].to_string()))
    );
    let labels = &daemons["spec"]["template"]["metadata"]["labels"];
    for (name, value) in service["spec"]["selector"].as_object().unwrap() {
        assert_eq!(&labels[name], value, "the service finds the pods");
    }
}

/// Each component of a pipeline is configured, and each that is configured is in a pipeline.
#[test]
fn the_pipeline_has_what_is_configured() {
    let configuration = of_kind("ConfigMap")["data"]["collector.yaml"].as_str().unwrap().to_owned();
    let path = std::env::temp_dir().join(format!("signalbox-collector-{}.yaml", std::process::id()));
    std::fs::write(&path, configuration).unwrap();
    let configuration = documents(&path).remove(0);
    std::fs::remove_file(&path).unwrap();
    let pipeline = &configuration["service"]["pipelines"]["traces"];
    let set = |list: &Value| list.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    for part in ["receivers", "processors", "exporters"] {
        let configured: BTreeSet<String> = configuration[part].as_object().unwrap().keys().cloned().collect();
        assert_eq!(configured, set(&pipeline[part]), "{part}");
    }
    let configured: BTreeSet<String> = configuration["extensions"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(configured, set(&configuration["service"]["extensions"]));
    let exporter = &configuration["exporters"]["otlp_http"];
    assert_eq!(exporter["traces_endpoint"], "https://xray.${env:REGION}.amazonaws.com/v1/traces");
    assert_eq!(exporter["auth"]["authenticator"], "sigv4auth");
    assert_eq!(configuration["extensions"]["sigv4auth"]["service"], "xray");
}

#[test]
fn the_role_is_for_the_service_account_of_the_manifest_and_writes_traces_alone() {
    let account = of_kind("ServiceAccount")["metadata"].clone();
    let template = Template::at(&role());
    let role = &template.json["Resources"]["Role"]["Properties"];
    let trusted = &role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"];
    assert_eq!(trusted["aws:RequestTag/kubernetes-namespace"], account["namespace"]);
    assert_eq!(trusted["aws:RequestTag/kubernetes-service-account"], account["name"]);
    let association = &template.json["Resources"]["Association"]["Properties"];
    assert_eq!((&association["Namespace"], &association["ServiceAccount"]), (&account["namespace"], &account["name"]));
    let allowed = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    let actions = allowed.iter().flat_map(|it| it["Action"].as_array().unwrap());
    assert!(actions.clone().count() > 0 && actions.clone().all(|it| it.as_str().unwrap().starts_with("xray:")));
    assert_eq!(of_kind("DaemonSet")["spec"]["template"]["spec"]["serviceAccountName"], account["name"]);
}
