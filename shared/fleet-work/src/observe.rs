//! Reads what a state of the workflow has to know.

use fleet::{Account, Fleet, Limits};
use fleet_runs::{Manifest, Planned, Request, RunId, Work, keys};
use futures_util::future::{join, try_join};
use reaction::{Error, Mode};

use crate::facts::{Chosen, Facts, GoingOn};
use crate::{Execution, Power, Subject, Worker};

impl<P: Power> Worker<P> {
    pub(crate) async fn read(&self, subject: &Subject) -> Result<Facts, Error> {
        match subject {
            Subject::Plan(execution, request) => self.read_plan(execution, request).await,
            Subject::Canary(execution, run, _) => match self.store.json(&keys::canary(run, execution.name())).await? {
                Some(account) => self.read_account(run, account).await,
                None => Ok(Facts::Nothing("no account is left in which something is to be done".into())),
            },
            Subject::Account(_, run, _, account) => self.read_account(run, (**account).clone()).await,
            Subject::Collect(execution, request, _) => {
                let key = keys::manifest(&request.run);
                let (manifest, begun) = join(self.store.json::<Manifest>(&key), self.begun(request)).await;
                if manifest?.is_some_and(|it| it.execution == execution.arn) {
                    return Ok(Facts::Nothing("an earlier attempt of this execution wrote the manifest".into()));
                }
                self.collect(request, begun?).await.map(Facts::Collected)
            }
        }
    }

    async fn read_plan(&self, execution: &Execution, request: &Request) -> Result<Facts, Error> {
        self.check(&request.work)?;
        match self.store.json::<Planned>(&keys::plan(&request.run)).await? {
            Some(planned) if planned.execution == execution.arn => {
                Ok(Facts::Nothing("an earlier attempt of this execution wrote the plan".into()))
            }
            // Of what a plan leaves, the list is written last where the run goes on.
            Some(_) if self.store.has(&keys::list(&request.run, execution.name())).await? => {
                Ok(Facts::Nothing("an earlier attempt of this execution wrote the list".into()))
            }
            Some(planned) => {
                let done = self.store.accounts_with_results(&request.run);
                let (accounts, done) = try_join(self.accounts_of(&planned), done).await?;
                Ok(Facts::GoOn(GoingOn { planned, accounts, done }))
            }
            None => self.choose(request).await.map(Facts::New),
        }
    }

    /// Reads the organization, once.
    async fn choose(&self, request: &Request) -> Result<Chosen, Error> {
        let home = self.sessions.home()?.clone();
        let fleet = Fleet::new(self.sessions.config().clone(), home, self.role(&request.work)?, Limits::default())?;
        let regions = request.work.regions(&self.sessions.region()?);
        let plan = fleet.plan(&request.select.targets(), regions).await?;
        let now = self.sessions.seconds();
        Ok(Chosen { accounts: plan.accounts, skipped: plan.skipped, regions: plan.regions, now })
    }

    /// The accounts that a run was planned for: the list of the execution that planned it.
    pub(crate) async fn accounts_of(&self, planned: &Planned) -> Result<Vec<Account>, Error> {
        let execution = Execution::try_from(planned.execution.clone()).map_err(Error::refused)?;
        let key = keys::list(planned.run(), execution.name());
        let accounts = self.store.json(&key).await?;
        accounts
            .ok_or_else(|| Error::refused(format!("{key} is gone, which the plan names: start a run of another name")))
    }

    async fn read_account(&self, run: &RunId, account: Account) -> Result<Facts, Error> {
        if self.store.has(&keys::results(run, &account.id)).await? {
            return Ok(Facts::Nothing(format!("account {} has its results", account.id)));
        }
        Ok(Facts::Account(account))
    }

    /// Refuses work that the settings do not allow, once for all accounts.
    fn check(&self, work: &Work) -> Result<(), Error> {
        let tables = ["SIGNALBOX_GRANTS_TABLE", "SIGNALBOX_AUDIT_TABLE"];
        let is_recorded = tables.iter().all(|table| self.variables.contains_key(table));
        if work.mode() == Mode::Apply && !is_recorded {
            return Err(Error::refused(format!(
                "{} does not act without its records: set {}",
                work.operation,
                tables.join(" and ")
            )));
        }
        Ok(())
    }
}
