//! Reads the facts: whose the job is, its artifact, the central denies, and, of a policy that may be made, what is there.

use std::collections::BTreeMap;
use std::time::Duration;

use aws::{Narrowed, open_only};
use jobs::Job;
use place::Partition;
use reaction::{Doing, Error};
use serde_json::json;
use sharing::{Resource, digest};

use crate::CheckPolicy;
use crate::facts::{Content, Facts, Wanted};
use crate::judge::{Judged, Sent, judge};
use crate::policies::Policies;

/// The bytes of an artifact, at most: it is held in memory.
const ARTIFACT: u64 = 10_000_000;

/// The session that makes policies: its name, and the shortest time that STS gives.
const SESSION: &str = "SecurityManageAccountPermissions";
const LASTS: Duration = Duration::from_mins(15);

/// What the session may do to its one policy.
const ACTIONS: [&str; 8] = [
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicyVersion",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:ListPolicyVersions",
    "iam:SetDefaultPolicyVersion",
    "iam:TagPolicy",
];

impl CheckPolicy {
    /// Opens the connection that each job will need, so that its handshake falls into init.
    pub(crate) async fn open_connections(&self) {
        let asking = self.central.client.get_policy().policy_arn("arn:aws:iam::aws:policy/none");
        drop(asking.customize().mutate_request(open_only).send().await);
    }

    pub(crate) async fn read_facts(&self, job: &Job) -> Result<Facts, Error> {
        // A job that comes again may come later than its first session lasts.
        *self.entered.lock().await = None;
        let config = job.config(self.sessions.config());
        job.prove(&config, &self.sessions).await?;
        self.sessions.admit(&job.account, &self.sessions.region()?).await?;
        let artifact = job.artifact()?;
        let bytes = job.read_artifact(&config, artifact, ARTIFACT).await?;
        let sent = Sent::of_artifact(&bytes).doing(|| artifact.to_string())?;
        let central = &self.settings.central_deny;
        let denies = self.central.denies(&self.central_arn()?, central).await?;
        let Judged { verdict, wanted } = judge(&sent, &denies, &self.settings);
        let Some((metadata, document)) = wanted else { return Ok(Facts { verdict, wanted: None }) };
        let id = format!("{}{}", metadata.path.trim_start_matches('/'), metadata.name);
        let resource = Resource::managed_policy(self.partition()?, &job.account, id);
        let present = self.enter(job, &resource).await?.present(&resource.arn(), &Content::of(&document)).await?;
        let mut heads = match &self.grants {
            Some(grants) => grants.heads(std::slice::from_ref(&resource)).await?,
            None => BTreeMap::new(),
        };
        let head = heads.remove(&resource).unwrap_or_default();
        let sent = digest(&sent.policy);
        Ok(Facts { verdict, wanted: Some(Wanted { resource, metadata, document, sent, present, head }) })
    }

    /// The account of the job, in a session that may touch this one policy. It is entered once for each job.
    pub(crate) async fn enter(&self, job: &Job, policy: &Resource) -> Result<Policies, Error> {
        let arn = policy.arn();
        // Held over the call: one job needs one session.
        let mut entered = self.entered.lock().await;
        if let Some((of, policies)) = &*entered
            && *of == (job.id.clone(), arn.clone())
        {
            return Ok(policies.clone());
        }
        let allowed =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ACTIONS, "Resource": arn}]});
        let session = Narrowed { session_name: SESSION, policy: allowed.to_string(), duration: LASTS };
        let config = self.sessions.narrowed(&job.account, &self.sessions.region()?, &session).await?;
        let policies = Policies::new(&config);
        *entered = Some(((job.id.clone(), arn), policies.clone()));
        Ok(policies)
    }

    fn central_arn(&self) -> Result<String, Error> {
        let home = self.sessions.home()?;
        Ok(Resource::managed_policy(self.partition()?, &home.account, self.settings.central_deny.as_str()).arn())
    }

    fn partition(&self) -> Result<Partition, Error> {
        let home = self.sessions.home()?;
        Partition::named(&home.partition).ok_or_else(|| Error::failed(format!("{} is not a partition", home.partition)))
    }
}
