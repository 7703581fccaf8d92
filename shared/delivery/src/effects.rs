//! The calls of a target, and what their answers say of it.

use std::time::Duration;

use aws::{Answer, is_other_code, is_outdated_revision, is_under_way};
use aws_sdk_lambda::config::Config;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::AliasRoutingConfiguration;
use futures_util::future::try_join;
use reaction::{Doing, Error};
use serde_json::json;

use crate::call::{Beside, Call};
use crate::clients::Clients;
use crate::code::replaced;
use crate::judge::{Verdict, judge};
use crate::metrics::{self, Split};
use crate::next::Task;
use crate::record::{Phase, Progress};
use crate::seen::{Latest, Seen, Version};
use crate::traffic::MINUTE;
use crate::{Settings, Target, read};

/// How long a hook may take. A round has 60 s, and may have read its target before.
pub(crate) const HOOK: Duration = Duration::from_secs(30);

/// What an effect works with.
pub(crate) struct At<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) settings: &'a Settings,
    pub(crate) deployment: &'a str,
    pub(crate) target: &'a Target,
    pub(crate) task: Task<'a>,
}

/// For a hook, which takes longer than calls of AWS.
fn patient() -> aws_sdk_lambda::config::Builder {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(HOOK).operation_timeout(HOOK).build();
    Config::builder().timeout_config(timeouts)
}

impl At<'_> {
    /// Makes one call. A change that was not made since the target is not as it was seen leaves it to be seen anew.
    pub(crate) async fn call(&self, call: &Call, progress: &mut Progress, seen: &mut Seen) -> Result<(), Error> {
        let (lambda, target) = (&self.clients.lambda, self.target);
        match call {
            Call::ReadLatest => seen.latest = Some(read::configuration(lambda, target).await?),
            Call::ReadAlias { beside } => self.look(beside, seen).await?,
            Call::ReadVersion(number) => {
                let version = read::version(lambda, target, number).await?;
                seen.versions.insert(number.clone(), version);
            }
            Call::ReadProvisioned => seen.provisioned = Some(read::provisioned(lambda, target).await?),
            Call::UpdateCode { revision } => self.update_code(revision, seen).await.doing(|| "giving it the code")?,
            Call::Publish { revision } => {
                self.publish(revision, progress, seen).await.doing(|| "publishing a version")?;
            }
            Call::Provision { version, count } => {
                let call = lambda.put_provisioned_concurrency_config().function_name(&target.function);
                let call = call.qualifier(version).provisioned_concurrent_executions(*count);
                call.send().await.or_error().doing(|| format!("provisioning {count} for version {version}"))?;
                seen.provisioned = None;
            }
            Call::Invoke { hook, is_after } => {
                self.invoke(hook, *is_after, progress).await.doing(|| format!("hook {hook}"))?;
                if *is_after { progress.enter(Phase::Done, self.task.now) } else { progress.is_ready = true }
            }
            Call::Judge => self.judge(progress, seen).await?,
            Call::Move { version, second, revision } => {
                let moving = || format!("moving the alias to version {version}");
                self.move_alias((version, second.as_ref(), revision), progress, seen).await.doing(moving)?;
            }
        }
        Ok(())
    }

    /// Reads the alias, and what stands beside it.
    async fn look(&self, beside: &Beside, seen: &mut Seen) -> Result<(), Error> {
        let (lambda, target) = (&self.clients.lambda, self.target);
        let alias = async {
            let absent = || Error::refused(format!("the alias {} is not there any more", target.alias));
            read::alias(lambda, target).await?.ok_or_else(absent)
        };
        seen.alias = Some(match beside {
            Beside::Nothing => alias.await?,
            Beside::Latest => {
                let (alias, latest) = try_join(alias, read::configuration(lambda, target)).await?;
                seen.latest = Some(latest);
                alias
            }
            Beside::Version(number) => {
                let (alias, version) = try_join(alias, read::version(lambda, target, number)).await?;
                seen.versions.insert(number.clone(), version);
                alias
            }
        });
        Ok(())
    }

    async fn update_code(&self, revision: &str, seen: &mut Seen) -> Result<(), Error> {
        let region = self.target.region.as_str();
        let place = self.task.goods.places.get(region);
        let place = place.ok_or_else(|| Error::refused(format!("no code was put for {region}")))?;
        let call = self.clients.lambda.update_function_code().function_name(&self.target.function);
        let call = call.s3_bucket(&place.bucket).s3_key(&place.key).s3_object_version(&place.version);
        let answer = call.revision_id(revision).send().await;
        if answer.as_ref().is_err_and(|it| is_outdated_revision(it) || is_under_way(it)) {
            seen.latest = None;
            return Ok(());
        }
        let answer = answer.or_error()?;
        let sha256 = answer.code_sha256.unwrap_or_default();
        if self.task.goods.sha256.as_ref() != Some(&sha256) {
            return Err(replaced(place, &sha256));
        }
        seen.latest = Some(Latest {
            sha256,
            revision: answer.revision_id.unwrap_or_default(),
            is_active: read::is_active(answer.state.as_ref()),
            update: read::update(answer.last_update_status.as_ref(), answer.last_update_status_reason.as_deref()),
            stack: None,
        });
        Ok(())
    }

    async fn publish(&self, revision: &str, progress: &mut Progress, seen: &mut Seen) -> Result<(), Error> {
        let call = self.clients.lambda.publish_version().function_name(&self.target.function).revision_id(revision);
        let call = call.set_code_sha256(self.task.goods.sha256.clone());
        let answer = call.description(format!("deployment {}", self.deployment)).send().await;
        if answer.as_ref().is_err_and(|it| is_outdated_revision(it) || is_under_way(it) || is_other_code(it)) {
            seen.latest = None;
            return Ok(());
        }
        let answer = answer.or_error()?;
        let number = answer.version.clone().ok_or_else(|| Error::failed("Lambda named no version"))?;
        let state = read::state_of(answer.state.as_ref(), answer.state_reason.as_deref());
        let version = Version { sha256: answer.code_sha256.unwrap_or_default(), state };
        seen.versions.insert(number.clone(), Some(version));
        progress.after = Some(number);
        Ok(())
    }

    /// A hook has succeeded where it answers without an error. What it answers is not kept: it is the account's own.
    async fn invoke(&self, hook: &str, is_after: bool, progress: &Progress) -> Result<(), Error> {
        let stage = if is_after { "after" } else { "before" };
        let payload = json!({
            "deployment": self.deployment, "function": self.target.function, "alias": self.target.alias,
            "version": progress.after, "stage": stage,
        });
        let call = self.clients.lambda.invoke().function_name(hook).payload(Blob::new(payload.to_string()));
        let answer = call.customize().config_override(patient()).send().await.or_error()?;
        match answer.function_error {
            None => Ok(()),
            Some(kind) => Err(Error::refused(format!("it answered with an error ({kind}); its log says which"))),
        }
    }

    async fn judge(&self, progress: &mut Progress, seen: &mut Seen) -> Result<(), Error> {
        let (cloudwatch, task) = (&self.clients.cloudwatch, &self.task);
        let alarms = metrics::alarms(cloudwatch, &task.goods.alarms).await?;
        let after = progress.after.as_deref().unwrap_or_default();
        let split = match (progress.moved, progress.shifted) {
            (Some(moved), _) if task.bake > 0 => Some((Split::Moved, moved)),
            (None, Some(shifted)) => Some((Split::Weighted { old: &progress.before, new: after }, shifted)),
            _ => None,
        };
        let counts = match split {
            Some((split, since)) => Some(metrics::counts(cloudwatch, self.target, split, (since, task.now)).await?),
            None => None,
        };
        let verdict = judge(&alarms, &progress.red, counts.as_ref(), self.settings);
        // A version that has just got its traffic cannot have had enough of it: that decides at the end alone.
        let is_last = match (progress.moved, progress.shifted) {
            (Some(moved), _) => task.now >= moved + task.bake * MINUTE,
            (None, Some(shifted)) => {
                task.bake == 0 && task.traffic.percent_after(task.now.saturating_sub(shifted)) >= 100
            }
            (None, None) => false,
        };
        progress.reason = match &verdict {
            Verdict::NotEnoughTraffic(why) => Some(why.clone()),
            Verdict::Good | Verdict::Bad(_) => None,
        };
        match verdict.failure(self.settings.quiet) {
            Some(why) if is_last || matches!(verdict, Verdict::Bad(_)) => Err(Error::refused(why)),
            _ => {
                seen.judged = Some(task.now);
                Ok(())
            }
        }
    }

    async fn move_alias(
        &self,
        (version, second, revision): (&str, Option<&(String, f64)>, &str),
        progress: &mut Progress,
        seen: &mut Seen,
    ) -> Result<(), Error> {
        let weights = second.iter().map(|(version, weight)| (version.clone(), *weight)).collect();
        let routing = AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build();
        let call = self.clients.lambda.update_alias().function_name(&self.target.function).name(&self.target.alias);
        let call = call.function_version(version).routing_config(routing).revision_id(revision);
        let answer = call.send().await;
        if answer.as_ref().is_err_and(|it| is_outdated_revision(it) || is_under_way(it)) {
            seen.alias = None;
            return Ok(());
        }
        let answer = answer.or_error()?;
        let weights = answer.routing_config.and_then(|it| it.additional_version_weights).unwrap_or_default();
        seen.alias = Some(read::alias_of(answer.function_version, weights, answer.revision_id));
        seen.judged = None;
        if progress.after.as_deref() == Some(version) {
            progress.moved = Some(self.task.now);
            progress.enter(Phase::Baking, self.task.now);
        } else if second.is_some() && progress.shifted.is_none() {
            progress.shifted = Some(self.task.now);
        }
        // Lambda provisions anew for an alias that moved.
        let is_of_alias = |it: &crate::Provisioned| it.qualifier == self.target.alias;
        if seen.provisioned.as_ref().is_some_and(|all| all.iter().any(is_of_alias)) {
            seen.provisioned = None;
        }
        Ok(())
    }
}
