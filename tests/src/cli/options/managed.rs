//! The organization that the account of the profile `elsewhere` manages: its two members, and what happens to a run in them.

use aws_sdk_organizations::Client;
use local_aws::{Call, Fault, FaultKind};

use super::ran;
use crate::cli::Shell;
use crate::world::{AWS, World};

/// The members, by the order in which a run enters them.
#[derive(Default)]
pub struct Managed {
    manager: String,
    pub first: String,
    pub second: String,
}

impl Managed {
    /// Makes the account manage an organization of two members.
    pub async fn make(manager: &str) -> Self {
        let client = Client::new(World::of(manager).await.sessions.config());
        client.create_organization().send().await.unwrap();
        let mut members = Vec::new();
        for name in ["one", "another"] {
            let made = client.create_account().account_name(name).email(format!("{name}@example.com")).send().await;
            members.push(made.unwrap().create_account_status.unwrap().account_id.unwrap());
        }
        members.sort();
        let [first, second] = members.try_into().unwrap();
        Self { manager: manager.to_owned(), first, second }
    }

    /// What happens to a run that shows this option.
    pub fn restore(&self, shell: &Shell<'_>, option: &str) {
        AWS.clear_faults(&self.manager);
        AWS.clear_faults(&self.first);
        let file = shell.folder.join("run.jsonl");
        let _ = std::fs::remove_file(&file);
        let fault = |account: &str, kind, operation: &str| {
            AWS.inject(&Fault { operation: Some(operation.into()), ..Fault::new(account, kind) });
        };
        match option {
            "concurrency" => fault(&self.first, FaultKind::Timeout, "GetCallerIdentity"),
            "assume-concurrency" => fault(&self.manager, FaultKind::Timeout, "AssumeRole"),
            "tolerate" => fault(&self.manager, FaultKind::AccessDenied, "AssumeRole"),
            // A run that has done the first account, and failed in the second.
            "resume" | "only-failed" => {
                let operation = Some("AssumeRole".to_owned());
                let contains = Some(self.second.clone());
                AWS.inject(&Fault { operation, contains, ..Fault::new(&self.manager, FaultKind::AccessDenied) });
                let run = format!("caller-identity --profile elsewhere --target {},{}", self.first, self.second);
                let run = format!("{run} --checkpoint run.jsonl");
                let failed = ran(shell, "fleet run", &run.split(' ').map(String::from).collect::<Vec<_>>());
                assert_eq!(failed.status.code(), Some(254), "{}", String::from_utf8_lossy(&failed.stderr));
                AWS.clear_faults(&self.manager);
            }
            _ => {}
        }
    }
}

/// In which order roles were asked for, by their accounts, and identities, by their regions.
pub fn in_order(calls: &[Call]) -> String {
    let of = |operation: &'static str| calls.iter().filter(move |call| call.operation == operation);
    let account = |call: &Call| {
        let asked = form_urlencoded::parse(call.body.as_bytes()).find(|(name, _)| name == "RoleArn");
        asked.and_then(|(_, arn)| Some(arn.split(':').nth(4)?.to_owned())).unwrap_or_default()
    };
    let roles: Vec<_> = of("AssumeRole").map(account).collect();
    // The session's own calls alone: the command asks once who it is.
    let in_sessions = of("GetCallerIdentity").filter(|call| call.access_key.starts_with("ASIA"));
    let identities: Vec<_> = in_sessions.map(|call| call.region.clone()).collect();
    let line = |what: &str, all: Vec<String>| {
        if all.is_empty() { String::new() } else { format!("{what} {}\n", all.join(" ")) }
    };
    line("roles of", roles) + &line("identities in", identities)
}
