//! `patching.yaml`: what it makes is asked back from Systems Manager, and what makes a patching template useless although no linter finds
//! anything is looked for here.

mod faults;

use std::collections::BTreeMap;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{
    MaintenanceWindowTaskCutoffBehavior, OperatingSystem, PatchAction, PatchComplianceLevel, Target,
};
use local_aws::deploy::{Deployment, Stack};
use serde_json::{Value, json};

use super::Template;
use crate::world::World;
use faults::faults_of;

/// The account with the stack deployed, by these parameters.
async fn deployed(given: &[(&str, &str)]) -> (World, Client, BTreeMap<String, String>) {
    let world = World::new().await;
    let parameters = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let template = local_aws::workspace().join("infra/patching.yaml");
    let stack = Stack { name: "patching".into(), template, parameters };
    let outputs = Deployment::new(world.sessions.config()).apply(&stack).await.unwrap();
    let ssm = Client::new(world.sessions.config());
    (world, ssm, outputs)
}

/// The ids of the windows, by name.
async fn windows(ssm: &Client) -> BTreeMap<String, String> {
    let found = ssm.describe_maintenance_windows().send().await.unwrap().window_identities.unwrap();
    found.into_iter().map(|it| (it.name.unwrap(), it.window_id.unwrap())).collect()
}

/// The targets of the window and its one task: which instances it is for, and what the task is told.
async fn told(ssm: &Client, window: &str) -> (Vec<Target>, Value) {
    let targets = ssm.describe_maintenance_window_targets().window_id(window).send().await.unwrap().targets.unwrap();
    let tasks = ssm.describe_maintenance_window_tasks().window_id(window).send().await.unwrap().tasks.unwrap();
    let [task] = &tasks[..] else { panic!("one task, not {tasks:?}") };
    let named: Vec<_> = task.targets().iter().flat_map(Target::values).collect();
    let ids: Vec<_> = targets.iter().filter_map(|it| it.window_target_id()).collect();
    assert_eq!(named, ids, "the task is for every target of its window");
    let got = ssm.get_maintenance_window_task().window_id(window).window_task_id(task.window_task_id().unwrap());
    let got = got.send().await.unwrap();
    let run = got.task_invocation_parameters().unwrap().run_command().unwrap();
    let task = json!({
        "document": task.task_arn(), "type": task.r#type().unwrap().as_str(), "concurrency": task.max_concurrency(),
        "errors": task.max_errors(), "role": task.service_role_arn(), "timeout": run.timeout_seconds(),
        "parameters": run.parameters().unwrap().iter().map(|(name, it)| (name.clone(), json!(it))).collect::<serde_json::Map<_, _>>(),
        "continues": got.cutoff_behavior() == Some(&MaintenanceWindowTaskCutoffBehavior::ContinueTask),
    });
    (targets.into_iter().flat_map(|it| it.targets.unwrap()).collect(), task)
}

fn by_tag(key: &str, value: &str) -> Target {
    Target::builder().key(key).values(value).build()
}

#[tokio::test]
async fn the_baseline_is_made_for_its_group_and_approves_critical_patches_at_once() {
    let (_, ssm, outputs) = deployed(&[]).await;
    let made = ssm.get_patch_baseline().baseline_id(&outputs["BaselineId"]).send().await.unwrap();
    assert_eq!(
        (made.name(), made.operating_system()),
        (Some("AmazonLinuxServers"), Some(&OperatingSystem::AmazonLinux2023))
    );
    assert_eq!((made.patch_groups(), made.rejected_patches()), (&["Linux Servers".to_owned()][..], &[] as &[String]));
    assert_eq!(made.rejected_patches_action(), Some(&PatchAction::AllowAsDependency));
    let rules = made.approval_rules().unwrap().patch_rules().iter();
    let rules = rules.map(|rule| {
        let filters = rule.patch_filter_group().unwrap().patch_filters().iter();
        let filters: Vec<_> = filters.map(|it| format!("{} {}", it.key().as_str(), it.values().join(" "))).collect();
        (rule.approve_after_days(), rule.approve_until_date(), rule.compliance_level().cloned(), filters)
    });
    let kinds = || "CLASSIFICATION Security Bugfix".to_owned();
    let later = vec![kinds(), "SEVERITY Important Medium Low".into()];
    assert_eq!(
        rules.collect::<Vec<_>>(),
        [
            (Some(0), None, Some(PatchComplianceLevel::Critical), vec![kinds(), "SEVERITY Critical".into()]),
            (Some(2), None, Some(PatchComplianceLevel::Medium), later),
        ]
    );
    let groups = ssm.describe_patch_groups().send().await.unwrap().mappings.unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].baseline_identity().unwrap().baseline_id(), Some(outputs["BaselineId"].as_str()));
}

#[tokio::test]
async fn one_window_installs_on_saturdays_and_another_scans_every_day() {
    let (_, ssm, _) = deployed(&[]).await;
    let windows = windows(&ssm).await;
    let mut shown = Vec::new();
    for (name, id) in &windows {
        let it = ssm.get_maintenance_window().window_id(id).send().await.unwrap();
        let (schedule, zone) = (it.schedule().unwrap(), it.schedule_timezone().unwrap());
        shown.push(format!("{name}: {schedule} {zone}, {} h, {} h", it.duration().unwrap(), it.cutoff()));
    }
    assert_eq!(
        shown,
        [
            "AmazonLinuxServers-install: cron(0 22 ? * SAT *) Etc/UTC, 4 h, 1 h",
            "AmazonLinuxServers-scan: cron(0 4 ? * * *) Etc/UTC, 2 h, 1 h",
        ]
    );
    let both = [by_tag("tag:Patch Group", "Linux Servers"), by_tag("tag:PatchGroup", "Linux Servers")];
    for (name, operation, reboot, concurrency, errors) in [
        ("AmazonLinuxServers-install", "Install", "RebootIfNeeded", "25%", "20%"),
        ("AmazonLinuxServers-scan", "Scan", "NoReboot", "50%", "100%"),
    ] {
        let (targets, task) = told(&ssm, &windows[name]).await;
        assert_eq!(targets, both, "{name}");
        let expected = json!({
            "document": "AWS-RunPatchBaseline", "type": "RUN_COMMAND", "concurrency": concurrency, "errors": errors,
            "role": null, "timeout": 600, "continues": true,
            "parameters": {"Operation": [operation], "RebootOption": [reboot]},
        });
        assert_eq!(task, expected, "{name}");
    }
}

/// Everything that can be given, for Ubuntu.
const UBUNTU: [(&str, &str); 23] = [
    ("BaselineName", "Ubuntu"),
    ("OperatingSystem", "UBUNTU"),
    ("ClassificationKey", "SECTION"),
    ("Classifications", "*"),
    ("SeverityKey", "PRIORITY"),
    ("FirstSeverities", "Required"),
    ("FirstAfterDays", "1"),
    ("LaterSeverities", "Important,Standard"),
    ("LaterAfterDays", "7"),
    ("RejectedPatches", "linux-image-aws,snapd"),
    ("RejectedPatchesAction", "BLOCK"),
    ("PatchGroup", "build"),
    ("InstallSchedule", "cron(0 22 ? * TUE#2 *)"),
    ("InstallScheduleOffset", "2"),
    ("Timezone", "Europe/Berlin"),
    ("Duration", "3"),
    ("Cutoff", "2"),
    ("RebootOption", "NoReboot"),
    ("MaxConcurrency", "1"),
    ("MaxErrors", "0"),
    ("TimeoutSeconds", "900"),
    ("ScanSchedule", ""),
    ("MakeWindowRole", "Yes"),
];

#[tokio::test]
async fn every_value_can_be_given_for_another_operating_system_and_roles_of_the_operator() {
    let (world, ssm, outputs) = deployed(&UBUNTU).await;
    let made = ssm.get_patch_baseline().baseline_id(&outputs["BaselineId"]).send().await.unwrap();
    assert_eq!(
        (made.operating_system(), made.rejected_patches()),
        (Some(&OperatingSystem::Ubuntu), &["linux-image-aws".to_owned(), "snapd".into()][..])
    );
    let windows = windows(&ssm).await;
    assert_eq!(windows.keys().collect::<Vec<_>>(), ["Ubuntu-install"], "nothing is scanned");
    let window = ssm.get_maintenance_window().window_id(&windows["Ubuntu-install"]).send().await.unwrap();
    assert_eq!((window.schedule_offset(), window.duration(), window.cutoff()), (Some(2), Some(3), 2));
    let (targets, task) = told(&ssm, &windows["Ubuntu-install"]).await;
    assert_eq!(targets, [by_tag("tag:Patch Group", "build"), by_tag("tag:PatchGroup", "build")]);
    let role = format!("arn:aws:iam::{}:role/signalbox-patch-window", world.account);
    assert_eq!((&task["role"], &task["timeout"], &task["errors"]), (&json!(role), &json!(900), &json!("0")));
    let iam = aws_sdk_iam::Client::new(world.sessions.config());
    iam.get_role().role_name("signalbox-patch-window").send().await.unwrap();
}

#[tokio::test]
async fn an_instance_role_is_made_in_one_region_of_an_account_and_the_deleted_stack_leaves_nothing() {
    let (world, ssm, outputs) = deployed(&[]).await;
    let iam = aws_sdk_iam::Client::new(world.sessions.config());
    let attached = iam.list_attached_role_policies().role_name("signalbox-managed-instance").send().await.unwrap();
    let arns: Vec<_> = attached.attached_policies().iter().filter_map(|it| it.policy_arn()).collect();
    assert_eq!(arns, ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]);
    assert_eq!(outputs["InstanceProfileName"], "signalbox-managed-instance");
    Deployment::new(world.sessions.config()).delete("patching").await.unwrap();
    assert!(
        windows(&ssm).await.is_empty() && iam.get_role().role_name("signalbox-managed-instance").send().await.is_err()
    );
    assert_eq!(ssm.describe_patch_baselines().send().await.unwrap().baseline_identities(), []);
    // As a StackSet does in a second Region: the role is there already.
    let (_, _, outputs) = deployed(&[("RolesRegion", "us-east-1"), ("MakeWindowRole", "Yes")]).await;
    assert_eq!(outputs.get("InstanceProfileName"), None);
}

#[test]
fn what_makes_a_patching_template_useless_is_not_in_it() {
    assert_eq!(faults_of(&Template::read("patching").json), [] as [String; 0]);
}

/// Where the template is changed, into what (null takes it away), and what is found then.
type Broken = (String, Value, &'static str);

fn broken_tasks() -> Vec<Broken> {
    let task = "/Resources/InstallTask/Properties";
    let parameters = format!("{task}/TaskInvocationParameters/MaintenanceWindowRunCommandParameters/Parameters");
    let of_another_window = json!([{"Key": "WindowTargetIds", "Values": [{"Ref": "ScanTarget"}]}]);
    let no_target = "InstallTask: it has no target of its window";
    vec![
        (format!("{task}/Targets"), Value::Null, no_target),
        (format!("{task}/Targets"), of_another_window, no_target),
        (format!("{task}/MaxErrors"), Value::Null, "InstallTask: it says no MaxErrors"),
        (format!("{task}/MaxConcurrency"), Value::Null, "InstallTask: it says no MaxConcurrency"),
        (format!("{task}/TaskArn"), json!("AWS-RunPatchBaselines"), "InstallTask: it runs AWS-RunPatchBaselines"),
        (format!("{parameters}/Operation"), json!(["Instal"]), "InstallTask: its operation is [\"Instal\"]"),
        (format!("{parameters}/RebootOption"), json!(["Reboot"]), "InstallTask: its reboot option is [\"Reboot\"]"),
    ]
}

fn broken_otherwise() -> Vec<Broken> {
    let rule = "/Resources/Baseline/Properties/ApprovalRules/PatchRules/0";
    let tag = "/Resources/InstallTarget/Properties/Targets/0";
    let pass = "/Resources/PassWindowRole/Properties/PolicyDocument/Statement/0";
    let of_days = "Baseline: rule 0 says both, or neither, of days and a date";
    let pattern = |name: &str| format!("/Parameters/{name}/AllowedPattern");
    let core = "/Resources/InstanceRole/Properties/ManagedPolicyArns";
    vec![
        (format!("{rule}/ApproveUntilDate"), json!("2026-12-31"), of_days),
        (format!("{rule}/ApproveAfterDays"), Value::Null, of_days),
        ("/Resources/Baseline/Properties/PatchGroups".into(), json!([]), "Baseline: no group has it"),
        (format!("{tag}/Key"), json!("Patch Group"), "InstallTarget: Patch Group is no tag"),
        (format!("{tag}/Values"), json!(["Linux"]), "InstallTarget: it is not for the group of the baseline"),
        ("/Rules/CutoffOfTwoHours".into(), Value::Null, "a window of 1 h with a cut-off of 2 h is taken"),
        (pattern("InstallSchedule"), json!("^.*$"), "InstallSchedule takes `cron(0 22 ? * SAT)`"),
        (pattern("MaxErrors"), json!("^.*$"), "MaxErrors takes `120%`"),
        (format!("{pass}/Condition"), Value::Null, "PassWindowRole: it passes a role to any service"),
        (format!("{pass}/Resource"), json!("*"), "PassWindowRole: it passes any role"),
        (core.into(), json!([]), "InstanceRole: it lets no instance be managed"),
    ]
}

/// Each of these passes both linters.
#[test]
fn what_no_linter_finds_is_found() {
    for (place, value, told) in [broken_tasks(), broken_otherwise()].concat() {
        let mut changed = Template::read("patching").json;
        let (parent, field) = place.rsplit_once('/').unwrap();
        let fields = changed.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            fields.remove(field);
        } else {
            fields.insert(field.into(), value);
        }
        let found = faults_of(&changed);
        assert!(found.iter().any(|it| it == told), "{place}: {told}: {found:#?}");
    }
}
