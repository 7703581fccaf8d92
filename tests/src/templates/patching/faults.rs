//! What makes a patching template useless, and what CloudFormation and its linters take all the same.

use serde_json::{Value, json};

/// What is wrong with the template, a line each.
pub fn faults_of(template: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let it = &resource["Properties"];
        found.extend(
            match resource["Type"].as_str().unwrap() {
                "AWS::SSM::PatchBaseline" => of_baseline(it),
                "AWS::SSM::MaintenanceWindowTarget" => of_target(it, template),
                "AWS::SSM::MaintenanceWindowTask" => of_task(it, template),
                "AWS::IAM::ManagedPolicy" => of_policy(it),
                "AWS::IAM::Role" => of_role(it),
                _ => Vec::new(),
            }
            .into_iter()
            .map(|what| format!("{id}: {what}")),
        );
    }
    found.extend(of_durations(template));
    found.extend(of_patterns(template));
    found
}

fn lines(told: &[(bool, String)]) -> Vec<String> {
    told.iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, what)| what.clone()).collect()
}

fn is_empty(list: &Value) -> bool {
    list.as_array().is_none_or(Vec::is_empty)
}

fn of_baseline(it: &Value) -> Vec<String> {
    let rules = it["ApprovalRules"]["PatchRules"].as_array().unwrap().iter().enumerate();
    let mut found = lines(&[(is_empty(&it["PatchGroups"]), "no group has it".into())]);
    for (number, rule) in rules {
        if rule.get("ApproveAfterDays").is_some() == rule.get("ApproveUntilDate").is_some() {
            found.push(format!("rule {number} says both, or neither, of days and a date"));
        }
    }
    found
}

fn of_target(it: &Value, template: &Value) -> Vec<String> {
    let groups = &template["Resources"]["Baseline"]["Properties"]["PatchGroups"];
    let mut found = Vec::new();
    for tag in it["Targets"].as_array().unwrap() {
        let key = tag["Key"].as_str().unwrap();
        found.extend(lines(&[
            (!["tag:Patch Group", "tag:PatchGroup"].contains(&key), format!("{key} is no tag")),
            (!is_empty(groups) && tag["Values"] != *groups, "it is not for the group of the baseline".into()),
        ]));
    }
    found
}

fn of_task(it: &Value, template: &Value) -> Vec<String> {
    let told = &it["TaskInvocationParameters"]["MaintenanceWindowRunCommandParameters"];
    let (operation, reboot) = (&told["Parameters"]["Operation"], &told["Parameters"]["RebootOption"]);
    let is_reboot = *reboot == json!([{"Ref": "RebootOption"}]) || *reboot == json!(["NoReboot"]);
    let of_window = |target: &Value| {
        let id = target["Ref"].as_str().unwrap_or_default();
        template["Resources"][id]["Properties"]["WindowId"] == it["WindowId"]
    };
    let targets: Vec<_> = it["Targets"].as_array().into_iter().flatten().collect();
    let named: Vec<_> = targets
        .iter()
        .filter(|it| it["Key"] == "WindowTargetIds")
        .flat_map(|it| it["Values"].as_array().unwrap())
        .collect();
    lines(&[
        (named.is_empty() || !named.into_iter().all(of_window), "it has no target of its window".into()),
        (it.get("MaxErrors").is_none(), "it says no MaxErrors".into()),
        (it.get("MaxConcurrency").is_none(), "it says no MaxConcurrency".into()),
        (it["TaskArn"] != "AWS-RunPatchBaseline", format!("it runs {}", it["TaskArn"].as_str().unwrap_or_default())),
        (![json!(["Install"]), json!(["Scan"])].contains(operation), format!("its operation is {operation}")),
        (!is_reboot, format!("its reboot option is {reboot}")),
        (told.get("TimeoutSeconds").is_none(), "it says no timeout".into()),
    ])
}

fn of_policy(it: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for statement in it["PolicyDocument"]["Statement"].as_array().unwrap() {
        let to = &statement["Condition"]["StringEquals"]["iam:PassedToService"];
        found.extend(lines(&[
            (to != "ssm.amazonaws.com", "it passes a role to any service".into()),
            (statement["Resource"] == "*", "it passes any role".into()),
        ]));
    }
    found
}

fn of_role(it: &Value) -> Vec<String> {
    let is_of_instances = it["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] == "ec2.amazonaws.com";
    let core = it["ManagedPolicyArns"].to_string().contains(":policy/AmazonSSMManagedInstanceCore");
    lines(&[(is_of_instances && !core, "it lets no instance be managed".into())])
}

/// Pairs of durations and cut-offs that the template takes and Systems Manager does not.
fn of_durations(template: &Value) -> Vec<String> {
    let values = |name: &str| {
        let parameter = &template["Parameters"][name];
        parameter["AllowedValues"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for cutoff in values("Cutoff") {
        for duration in values("Duration") {
            let is_taken = template["Rules"].as_object().unwrap().values().all(|rule| {
                let is = |condition: &Value| holds(condition, (cutoff, duration));
                !is(&rule["RuleCondition"]) || rule["Assertions"].as_array().unwrap().iter().all(|it| is(&it["Assert"]))
            });
            if is_taken && cutoff >= duration {
                found.push(format!("a window of {duration} h with a cut-off of {cutoff} h is taken"));
            }
            if !is_taken && cutoff < duration {
                found.push(format!("a window of {duration} h with a cut-off of {cutoff} h is refused"));
            }
        }
    }
    found
}

fn holds(condition: &Value, (cutoff, duration): (u64, u64)) -> bool {
    let (function, given) = condition.as_object().unwrap().iter().next().unwrap();
    let items = given.as_array().unwrap();
    let is = |it: &Value| holds(it, (cutoff, duration));
    match function.as_str() {
        "Fn::Not" => !is(&items[0]),
        "Fn::Or" => items.iter().any(is),
        "Fn::Equals" => {
            let value = if items[0]["Ref"] == "Cutoff" { cutoff } else { duration };
            items[1].as_str() == Some(value.to_string().as_str())
        }
        other => panic!("no rule says {other}"),
    }
}

/// Values that a parameter has to take, and values that it must not.
const PATTERNS: [(&str, &[&str], &[&str]); 7] = [
    (
        "InstallSchedule",
        &[
            "cron(0 22 ? * SAT *)",
            "cron(0 22 ? * TUE#2 *)",
            "cron(30 2 1 * ? *)",
            "rate(7 days)",
            "cron(0 4 ? * MON-FRI *)",
        ],
        &["cron(0 22 ? * SAT)", "cron(0 22 * * SAT *)", "0 22 ? * SAT *", "rate(0 days)", "cron(0 22 ? * SAT * *)", ""],
    ),
    ("ScanSchedule", &["", "cron(0 4 ? * * *)"], &["cron(0 4 * * *)", "daily"]),
    ("MaxConcurrency", &["1", "25%", "100%"], &["0", "0%", "101%", "x", ""]),
    ("MaxErrors", &["0", "20%", "0%", "5"], &["120%", "-1", "%", ""]),
    ("PatchGroup", &["Linux Servers", "build"], &["", " Linux", "Linux*"]),
    ("InstallScheduleOffset", &["", "6"], &["0", "7"]),
    ("BaselineName", &["AmazonLinuxServers"], &["ab", "Amazon Linux"]),
];

fn of_patterns(template: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, good, bad) in PATTERNS {
        let pattern = &template["Parameters"][name]["AllowedPattern"];
        let takes = |value: &str| jsonschema::is_valid(&json!({"pattern": pattern}), &json!(value));
        found.extend(good.iter().filter(|it| !takes(it)).map(|it| format!("{name} refuses `{it}`")));
        found.extend(bad.iter().filter(|it| takes(it)).map(|it| format!("{name} takes `{it}`")));
    }
    found
}
