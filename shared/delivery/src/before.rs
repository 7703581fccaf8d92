//! What is done before the first change: the order is divided into waves, every target is read, the code is put where Lambda reads it, and
//! every change is rehearsed. And what is done after the last one: versions that nothing needs are deleted.

use std::collections::{BTreeMap, BTreeSet};

use aws::{Answer, is_under_way};
use futures_util::future::{BoxFuture, try_join, try_join4};
use futures_util::{StreamExt, stream};
use organization::Organizations;
use reaction::{Doing, Error, Finding};

use crate::clients::Clients;
use crate::code::{Code, Place, replaced};
use crate::deployment::{Deployment, Request};
use crate::driver::{AT_ONCE, Delivery};
use crate::preflight::{Facts, Found, Missing};
use crate::record::Record;
use crate::session::Scope;
use crate::waves::Units;
use crate::{Order, Target, metrics, prune, read};

/// How many failures are told of.
const TOLD: usize = 5;

impl Delivery {
    /// Reads every target of an order, side by side; changes nothing.
    ///
    /// # Errors
    /// Where a target could not be read. What forbids the deployment is a finding, and no error.
    pub async fn look(
        &self,
        order: &Order,
        codes: Vec<Code>,
        request: Request,
    ) -> Result<Result<Deployment, Vec<Finding>>, Error> {
        let units = self.units(order).await?;
        let mut it = match Deployment::draft(order, codes, request, (&units, self.now())) {
            Ok(it) => it,
            Err(findings) => return Ok(Err(findings)),
        };
        let facts = self.facts(&it.record).await?;
        let findings = it.take(order, &facts, &self.settings);
        Ok(if findings.is_empty() { Ok(it) } else { Err(findings) })
    }

    /// The accounts below the units that an order names.
    async fn units(&self, order: &Order) -> Result<Units, Error> {
        let organizations = Organizations::new(self.sessions.config());
        let mut units = BTreeMap::new();
        for unit in order.targets.iter().flat_map(|group| &group.units) {
            let asking = || format!("asking Organizations for the accounts below {unit}");
            let accounts = organizations.below(unit, None).await.doing(asking)?;
            let active = accounts.into_iter().filter(organization::Account::is_active).map(|it| it.id);
            units.insert(unit.clone(), active.collect());
        }
        Ok(units)
    }

    async fn facts(&self, record: &Record) -> Result<Facts, Error> {
        let scope = &Scope::of(record);
        let reads = self.at_each(record.targets.keys().cloned().collect(), scope, |clients, target| {
            Box::pin(async move { self.found(&clients, &target, record).await })
        });
        Ok(reads.await?.into_iter().collect())
    }

    async fn found(
        &self,
        clients: &Clients,
        target: &Target,
        record: &Record,
    ) -> Result<Result<Found, Missing>, Error> {
        let goods = record.goods.get(&target.function);
        let (none, lambda) = (BTreeSet::new(), &clients.lambda);
        let names = goods.map_or(&none, |it| &it.alarms);
        let (latest, alias, provisioned, alarms) = try_join4(
            read::function(lambda, target),
            read::alias(lambda, target),
            read::provisioned(lambda, target),
            metrics::alarms(&clients.cloudwatch, names),
        )
        .await?;
        let missing = |what: &str, remedy: &str| {
            Ok(Err(Missing { message: format!("there is no {what}"), remedy: remedy.to_owned() }))
        };
        let Some(latest) = latest else {
            return missing(&format!("function {}", target.function), "make it, or leave the target out");
        };
        let Some(alias) = alias else {
            return missing(&format!("alias {}", target.alias), "publish a version, and make the alias for it");
        };
        let is_there = goods.and_then(|it| it.sha256.as_ref()) == Some(&latest.sha256);
        let version = if is_there { read::version(lambda, target, &alias.version).await? } else { None };
        Ok(Ok(Found { latest, alias, version, provisioned, alarms }))
    }

    /// Does something at each target, side by side; all of it is tried. The work is boxed, since the compiler cannot tell that a closure's own
    /// future may go from thread to thread.
    pub(crate) async fn tried_at_each<'a, T: Send + 'a>(
        &'a self,
        targets: Vec<Target>,
        scope: &'a Scope,
        work: impl Fn(Clients, Target) -> BoxFuture<'a, Result<T, Error>> + Sync,
    ) -> Vec<(Target, Result<T, Error>)> {
        let work = &work;
        let all = stream::iter(targets).map(|target| async move {
            let done = async { work(self.accounts.at(&target, scope).await?, target.clone()).await }.await;
            (target, done)
        });
        all.buffer_unordered(AT_ONCE).collect().await
    }

    /// The same, where all of it has to be done.
    pub(crate) async fn at_each<'a, T: Send + 'a>(
        &'a self,
        targets: Vec<Target>,
        scope: &'a Scope,
        work: impl Fn(Clients, Target) -> BoxFuture<'a, Result<T, Error>> + Sync,
    ) -> Result<Vec<(Target, T)>, Error> {
        let (mut done, mut errors) = (Vec::new(), Vec::new());
        for (target, it) in self.tried_at_each(targets, scope, work).await {
            let it = it.doing(|| target.to_string());
            match it {
                Ok(it) => done.push((target, it)),
                Err(error) => errors.push((target, error)),
            }
        }
        errors.sort_by(|one, other| one.0.cmp(&other.0));
        let texts: Vec<_> = errors.iter().skip(1).take(TOLD).map(|(_, error)| error.to_string()).collect();
        let rest = errors.len().saturating_sub(1);
        match Error::worst(errors.into_iter().map(|(_, error)| error)) {
            None => Ok(done),
            Some(error) if rest == 0 => Err(error),
            Some(error) => {
                Err(error.context(format!("{} targets could not be asked, also: {}", rest + 1, texts.join("; "))))
            }
        }
    }

    /// Puts the code where Lambda reads it in each Region; what is there already is not put again.
    ///
    /// # Errors
    /// As of [`Code::put`].
    pub async fn put_code(&self, it: &mut Deployment) -> Result<(), Error> {
        let wanted: BTreeSet<_> =
            it.to_change().map(|target| (target.function.clone(), target.region.clone())).collect();
        let codes = &it.codes;
        let puts = stream::iter(wanted).map(async |(function, region)| {
            let code = codes.get(&function).ok_or_else(|| Error::failed(format!("there is no code of {function}")))?;
            Ok::<_, Error>((function, region.to_string(), code.put(&self.sessions, &self.settings, &region).await?))
        });
        let puts: Vec<_> = puts.buffer_unordered(AT_ONCE).collect().await;
        for put in puts {
            let (function, region, place) = put?;
            if let Some(goods) = it.record.goods.get_mut(&function) {
                goods.places.insert(region, place);
            }
        }
        Ok(())
    }

    /// Lets Lambda try each change without making it: whether the session may change the function and read the code.
    ///
    /// # Errors
    /// What Lambda says of the targets at which it could not be made.
    pub async fn rehearse(&self, it: &Deployment) -> Result<(), Error> {
        let (record, scope) = (&it.record, Scope::of(&it.record));
        let targets = it.to_change().cloned().collect();
        let all = self.at_each(targets, &scope, |clients, target| {
            Box::pin(async move {
                let place = record.goods.get(&target.function).and_then(|it| it.places.get(target.region.as_str()));
                let place = place.ok_or_else(|| Error::failed("its code was not put"))?;
                let told = rehearse(&clients, &target, place).await?;
                // The object is there from before, perhaps, and another hand may have put other code under its name.
                let wanted = record.goods.get(&target.function).and_then(|it| it.sha256.as_ref());
                let present = it.views.get(&target).and_then(|it| it.latest.as_ref()).map(|it| &it.sha256);
                match told.filter(|told| Some(told) != wanted && Some(told) != present) {
                    None => Ok(()),
                    Some(other) => Err(replaced(place, &other)),
                }
            })
        });
        all.await.map(drop)
    }

    /// Deletes versions that nothing needs, where the settings say how many are kept. What cannot be deleted stays: the next deployment
    /// tries again.
    pub(crate) async fn prune(&self, record: &Record) {
        let Some(keep) = self.settings.keep.filter(|_| record.goods.values().any(crate::Goods::has_code)) else {
            return;
        };
        let scope = Scope::of(record);
        let mut records = vec![record.clone()];
        for function in record.goods.keys() {
            records.extend(self.history(function, i32::try_from(keep).unwrap_or(i32::MAX)).await.unwrap_or_default());
        }
        let records = &records;
        let targets = record.targets.keys().cloned().collect();
        let pruned = self.at_each(targets, &scope, |clients, target| {
            Box::pin(async move { delete_versions(&clients, &target, records, keep).await })
        });
        drop(pruned.await);
    }

    /// Opens the connection that each job will need, so that its handshake falls into init.
    pub async fn open_connections(&self) {
        self.store.open_connection().await;
    }
}

/// Lets Lambda try a change: the hash of the code that it read.
async fn rehearse(clients: &Clients, target: &Target, place: &Place) -> Result<Option<String>, Error> {
    let call = clients.lambda.update_function_code().function_name(&target.function).dry_run(true);
    let call = call.s3_bucket(&place.bucket).s3_key(&place.key).s3_object_version(&place.version);
    let answer = call.send().await;
    if answer.as_ref().is_err_and(is_under_way) {
        return Err(Error::unfinished("an update of the function is under way"));
    }
    Ok(answer.or_error().doing(|| "rehearsing the change")?.code_sha256)
}

/// Deletes the versions of a target that neither an alias nor one of these records needs.
async fn delete_versions(clients: &Clients, target: &Target, records: &[Record], keep: u64) -> Result<(), Error> {
    let lambda = &clients.lambda;
    let (versions, aliases) = try_join(read::versions(lambda, target), read::aliases(lambda, target)).await?;
    let recorded = records.iter().filter_map(|it| it.targets.get(target));
    let recorded = recorded.flat_map(|it| [Some(it.before.clone()), it.after.clone()]).flatten();
    let needed = aliases.into_iter().chain(recorded).filter_map(|it| it.parse().ok()).collect();
    for version in prune::spare(&versions, &needed, keep) {
        let call = lambda.delete_function().function_name(&target.function).qualifier(version.to_string());
        call.send().await.or_error()?;
    }
    Ok(())
}
