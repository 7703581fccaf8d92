//! Reads the facts: whose the job is, its artifact, the central denies, and, of a policy that may be made, what is there.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use aws::{Narrowed, open_only};
use futures_util::future::{join, join3};
use jobs::Job;
use place::Partition;
use policy::Kind;
use reaction::{Doing, Error, Finding, Severity};
use serde_json::json;
use sharing::{Head, Resource, digest};

use crate::facts::{Content, Facts, Opinion, Present, Wanted};
use crate::judge::{Denies, Judged, Sent, judge};
use crate::metadata::Metadata;
use crate::policies::Policies;
use crate::second::Asked;
use crate::{CheckPolicy, second};

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
        let (sent, denies) = self.read_sent(job).await?;
        let Judged { mut verdict, right } = judge(&sent, &denies, &self.settings);
        if !self.settings.asks_access_analyzer {
            verdict.second = Opinion::Off;
        }
        let Some((metadata, document)) = right else { return Ok(Facts { verdict, wanted: None }) };
        let asked = Asked { kind: metadata.kind, sent: &sent, denies: &denies, document: &document };
        let (second, wanted) = join(self.ask_second(asked), self.read_policy(job, &metadata, &document)).await;
        if let Some(found) = second? {
            verdict.second = Opinion::Found(found.len());
            verdict.findings.extend(found);
        }
        let is_right = verdict.findings.iter().all(|it| it.severity != Severity::Error);
        let wanted = wanted?.filter(|_| is_right).map(|(resource, present, head)| {
            let sent = digest(&sent.policy);
            Wanted { resource, metadata, document, sent, present, head }
        });
        Ok(Facts { verdict, wanted })
    }

    /// What the job's artifact holds, and the central denies. The artifact is fetched by the job's own credentials beside the proof of whose
    /// they are, and opened after it.
    async fn read_sent(&self, job: &Job) -> Result<(Sent, Denies), Error> {
        let config = job.config(self.sessions.config());
        let (central, region, artifact) = (self.central_arn()?, self.sessions.region()?, job.artifact()?);
        let proof = async {
            job.prove(&config, &self.sessions).await?;
            self.sessions.admit(&job.account, &region).await
        };
        let denies = self.central_denies(&central);
        let bytes = job.read_artifact(&config, artifact, ARTIFACT);
        let (proof, bytes, denies) = join3(proof, bytes, denies).await;
        proof?;
        let sent = Sent::of_artifact(&bytes?).doing(|| artifact.to_string())?;
        Ok((sent, denies?))
    }

    /// The statements that are appended. Those of a version never change, and are remembered; which version holds is asked each time.
    async fn central_denies(&self, arn: &str) -> Result<Denies, Error> {
        let name = &self.settings.central_deny;
        let reading = || format!("reading the central denies {arn} (SIGNALBOX_CENTRAL_DENY)");
        let version = self.central.default_version(arn).await.doing(reading)?;
        let version = version.ok_or_else(|| Error::failed("there is no such policy; deploy it")).doing(reading)?;
        let remembered = self.denies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, denies)) = remembered.filter(|(of, _)| *of == version && !of.policy.is_empty()) {
            return Ok(denies);
        }
        let text = self.central.document(arn, &version.number).await.doing(reading)?;
        let text = text.ok_or_else(|| Error::failed("its default version has just gone")).doing(reading)?;
        let denies = Denies { name: format!("{name} {}", version.number), text };
        *self.denies.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, denies.clone()));
        Ok(denies)
    }

    /// What a second opinion finds, where the settings ask for one.
    async fn ask_second(&self, asked: Asked<'_>) -> Result<Option<Vec<Finding>>, Error> {
        if !self.settings.asks_access_analyzer {
            return Ok(None);
        }
        second::ask(self.sessions.config(), asked).await.map(Some)
    }

    /// The policy that is there, and its record, where the type is one that is made.
    async fn read_policy(
        &self,
        job: &Job,
        metadata: &Metadata,
        document: &str,
    ) -> Result<Option<(Resource, Option<Present>, Head)>, Error> {
        if metadata.kind != Kind::Identity {
            return Ok(None);
        }
        let id = format!("{}{}", metadata.path.trim_start_matches('/'), metadata.name);
        let resource = Resource::managed_policy(self.partition()?, &job.account, id);
        let present =
            async { self.enter(job, &resource).await?.present(&resource.arn(), &Content::of(document)).await };
        let (present, head) = join(present, self.read_head(&resource)).await;
        let (present, mut head) = (present?, head?);
        // Another job may have made it between the two reads: what was recorded before it was made is there now.
        if present.is_some() && head.seq == 0 {
            head = self.read_head(&resource).await?;
        }
        Ok(Some((resource, present, head)))
    }

    /// How the record of a policy stands.
    async fn read_head(&self, policy: &Resource) -> Result<Head, Error> {
        let mut heads = match &self.grants {
            Some(grants) => grants.heads(std::slice::from_ref(policy)).await?,
            None => BTreeMap::new(),
        };
        Ok(heads.remove(policy).unwrap_or_default())
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
