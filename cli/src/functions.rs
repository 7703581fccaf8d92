//! The functions of the suite: one table, from which they are listed, chosen and run.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws::{Sessions, in_name_of};
use emr_dns::EmrDns;
use events::Detail;
use events::ebs::{SnapshotNotification, SnapshotsCompletion};
use events::ec2::AmiStateChange;
use events::emr::ClusterStateChange;
use events::manifest::{ObjectCreated, ParameterStoreChange};
use events::organizations::{OrganizationsCall, OrganizationsResult};
use events::rds::{DbClusterSnapshotEvent, DbSnapshotEvent};
use ledger::DynamoLedger;
use react_org_change::ReactOrgChange;
use reaction::settings::Variables;
use reaction::{Deadline, Doing, MemoryLedger, Mode, Reaction, Report, Run, drive_json};
use reconcile_shares::ReconcileShares;
use rotate_bearer_token::{BearerToken, RotateBearerToken};
use rotate_db_user::{DbPassword, RotateDbUser};
use rotation_steps::{Bindings, Records};
use share_ami::ShareAmi;
use share_ebs_snapshot::ShareEbsSnapshot;
use share_rds_snapshot::ShareRdsSnapshot;
use sharing_aws::{Settings, Source};
use sharing_records::Grants;

use crate::bound;
use crate::event::Event;
use crate::failure::Failure;
use crate::given::Given;

/// How long a run may take, and how long one that was broken off keeps others from the same occurrence.
pub(crate) const DEADLINE: Duration = Duration::from_mins(5);

/// Every function, in the order of its name.
pub(crate) static FUNCTIONS: &[Function] = &[
    Function {
        name: EmrDns::NAME,
        triggers: &[Trigger::of::<ClusterStateChange>()],
        purpose: "Keeps a CNAME from the name in a cluster's tag to its primary node; on a schedule, of all clusters",
        react: |attempt| {
            Box::pin(react(attempt, |sessions, variables| {
                Ok(EmrDns::new(sessions, emr_dns::Settings::read(variables)?))
            }))
        },
    },
    Function {
        name: ReactOrgChange::NAME,
        triggers: &[Trigger::of::<OrganizationsCall>(), Trigger::of::<OrganizationsResult>()],
        purpose: "Makes true again what organizational units have, when an account comes, moves or leaves",
        react: |attempt| {
            Box::pin(react(attempt, |sessions, variables| {
                let source = Source::new(&sessions, Settings::of_command_line(variables)?);
                let limits = reconcile_shares::Settings::read(variables)?;
                let grants = Grants::read(variables, &sessions, ReactOrgChange::NAME)?;
                Ok(ReactOrgChange::new(sessions, source, limits, grants))
            }))
        },
    },
    Function {
        name: ReconcileShares::NAME,
        triggers: &[Trigger::of::<ObjectCreated>(), Trigger::of::<ParameterStoreChange>()],
        purpose: "Makes the whole share manifest true: on a schedule, and when the manifest has changed",
        react: |attempt| {
            Box::pin(react(attempt, |sessions, variables| {
                let source = Source::new(&sessions, Settings::of_command_line(variables)?);
                let limits = reconcile_shares::Settings::read(variables)?;
                let grants = Grants::read(variables, &sessions, ReconcileShares::NAME)?;
                Ok(ReconcileShares::new(sessions, source, limits, grants))
            }))
        },
    },
    Function {
        name: RotateBearerToken::NAME,
        triggers: &[Trigger::STEP],
        purpose: "Rotates the bearer token of an OAuth2 client; on a schedule, revokes old ones whose overlap is over",
        react: |attempt| {
            Box::pin(react(attempt, |sessions, variables| {
                let records = Records::read(variables, &sessions, RotateBearerToken::NAME)?;
                let settings = rotate_bearer_token::settings::Settings::read(variables)?;
                let token = BearerToken::new(settings, BearerToken::swept(variables)?, Bindings::read(variables)?)?;
                Ok(RotateBearerToken::new(sessions, records, token))
            }))
        },
    },
    Function {
        name: RotateDbUser::NAME,
        triggers: &[Trigger::STEP],
        purpose: "Rotates the password of a user of PostgreSQL, MariaDB or MySQL",
        react: |attempt| {
            Box::pin(react(attempt, |sessions, variables| {
                let records = Records::read(variables, &sessions, RotateDbUser::NAME)?;
                let password = DbPassword::new(rotate_db_user::Settings::read(variables)?, sessions.clone());
                Ok(RotateDbUser::new(sessions, records, password).sweeping(rotation_steps::secrets_in(variables)?))
            }))
        },
    },
    Function {
        name: ShareAmi::NAME,
        triggers: &[Trigger::of::<AmiStateChange>()],
        purpose: "Shares an image that has become available, and its snapshots, with whom the manifest names",
        react: |attempt| {
            Box::pin(react(attempt, |sessions, variables| {
                let grants = Grants::read(variables, &sessions, ShareAmi::NAME)?;
                Ok(ShareAmi::new(sessions, Settings::of_command_line(variables)?, grants))
            }))
        },
    },
    Function {
        name: ShareEbsSnapshot::NAME,
        triggers: &[Trigger::of::<SnapshotNotification>(), Trigger::of::<SnapshotsCompletion>()],
        purpose: "Shares snapshots of volumes that are complete with whom the manifest names",
        react: |attempt| {
            Box::pin(react(attempt, |sessions, variables| {
                let grants = Grants::read(variables, &sessions, ShareEbsSnapshot::NAME)?;
                Ok(ShareEbsSnapshot::new(sessions, Settings::of_command_line(variables)?, grants))
            }))
        },
    },
    Function {
        name: ShareRdsSnapshot::NAME,
        triggers: &[Trigger::of::<DbSnapshotEvent>(), Trigger::of::<DbClusterSnapshotEvent>()],
        purpose: "Shares a snapshot of a database with whom the manifest names, or copies one of RDS's own",
        react: |attempt| {
            Box::pin(react(attempt, |sessions, variables| {
                let grants = Grants::read(variables, &sessions, ShareRdsSnapshot::NAME)?;
                Ok(ShareRdsSnapshot::new(sessions, share_rds_snapshot::Settings::of_command_line(variables)?, grants))
            }))
        },
    },
];

/// A function of the suite.
pub(crate) struct Function {
    /// Its one name.
    pub(crate) name: &'static str,
    /// The events that it listens to.
    pub(crate) triggers: &'static [Trigger],
    /// What it does, in a line.
    pub(crate) purpose: &'static str,
    react: for<'a> fn(&'a Attempt<'a>) -> Reacting<'a>,
}

type Reacting<'a> = Pin<Box<dyn Future<Output = Result<Report, Failure>> + 'a>>;

/// A kind of event.
#[derive(PartialEq, Eq)]
pub(crate) struct Trigger {
    /// The envelope's `source`, or who asks.
    pub(crate) source: &'static str,
    /// The envelope's `detail-type`, or what is asked for.
    pub(crate) detail_type: &'static str,
}

/// What a function needs to react in this program.
pub(crate) struct Attempt<'a> {
    /// The way into AWS.
    pub(crate) sessions: Arc<Sessions>,
    /// The settings, by the names of the function's environment variables.
    pub(crate) variables: Variables<'a>,
    /// Which options were given, so that one that the function does not read is refused.
    pub(crate) given: &'a Given,
    /// Whether to act.
    pub(crate) mode: Mode,
    /// The event.
    pub(crate) event: &'a Event,
}

impl Trigger {
    /// What comes in no envelope, and does not say which function it is for.
    const STEP: Self = Self { source: "Secrets Manager", detail_type: "step of a rotation" };

    const fn of<D: Detail>() -> Self {
        Self { source: D::SOURCE, detail_type: D::DETAIL_TYPE }
    }

    fn matches(&self, event: &Event) -> bool {
        event.field("source") == self.source && event.field("detail-type") == self.detail_type
    }
}

impl Function {
    /// The function of this name, or else the one that listens to this event.
    pub(crate) fn choose(name: Option<&str>, event: &Event) -> Result<&'static Self, Failure> {
        let listens = |it: &&Self| it.triggers.iter().any(|trigger| trigger.matches(event));
        match name {
            Some(name) => FUNCTIONS
                .iter()
                .find(|it| it.name == name)
                .ok_or_else(|| Failure::usage(format!("there is no function `{name}`; {}", known()))),
            None if event.is_step() => {
                let names: Vec<_> = FUNCTIONS.iter().filter(|it| it.rotates()).map(|it| it.name).collect();
                let names = names.join(" or ");
                Err(Failure::usage(format!("a step of a rotation does not say whose it is; give --function {names}")))
            }
            None => FUNCTIONS.iter().find(listens).ok_or_else(|| {
                let (source, detail_type) = (event.field("source"), event.field("detail-type"));
                let asked = format!("no function listens to source `{source}`, detail-type `{detail_type}`");
                Failure::usage(format!("{asked}; {}; choose one with --function", known()))
            }),
        }
    }

    /// Whether Secrets Manager asks it for the steps of rotations.
    pub(crate) fn rotates(&self) -> bool {
        self.triggers.contains(&Trigger::STEP)
    }

    /// Reacts to the event in this program.
    pub(crate) async fn react(&self, attempt: &Attempt<'_>) -> Result<Report, Failure> {
        (self.react)(attempt).await
    }
}

fn known() -> String {
    let one = |it: &Function| {
        let triggers = it.triggers.iter().map(|Trigger { source, detail_type }| format!("{detail_type} of {source}"));
        format!("{} ({})", it.name, triggers.collect::<Vec<_>>().join(", "))
    };
    format!("known are {}", FUNCTIONS.iter().map(one).collect::<Vec<_>>().join("; "))
}

async fn react<R: Reaction>(
    attempt: &Attempt<'_>,
    open: impl FnOnce(Arc<Sessions>, Variables) -> Result<R, reaction::Error>,
) -> Result<Report, Failure> {
    let Attempt { sessions, variables, given, mode, event } = attempt;
    let reaction = open(sessions.clone(), *variables)
        .doing(|| "settings, from the environment or from options of the same meaning")
        .map_err(Failure::configuration)?;
    let table = if *mode == Mode::Apply { variables("SIGNALBOX_LEDGER_TABLE") } else { None };
    given.check(R::NAME)?;
    if *mode == Mode::Apply {
        bound::require(given, *variables)?;
    }
    let run = by_hand(sessions, R::NAME, event.field("id"), &format!("signalbox run ({})", R::NAME));
    Ok(match mode {
        Mode::Plan => {
            let ledger = MemoryLedger::new(sessions.clock());
            in_name_of(&run, drive_json(&reaction, &ledger, *mode, &run, &event.text)).await
        }
        Mode::Apply => {
            let ledger = DynamoLedger::new(sessions, table.unwrap_or_default(), R::NAME);
            in_name_of(&run, drive_json(&reaction, &ledger, *mode, &run, &event.text)).await
        }
    })
}

/// A run that a person has begun by this command; [`Sessions::ask_home`] has asked for the credentials' ARN before.
pub(crate) fn by_hand(sessions: &Sessions, function: &'static str, occurrence: &str, command: &str) -> Run {
    let deadline = Deadline::new(sessions.now() + DEADLINE, sessions.clock());
    Run::new(function, occurrence, deadline).by(sessions.person_as_actor(command))
}
