//! `signalbox plan` without an event: what the whole manifest would change.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use aws::{Location, Sessions, in_name_of};
use place::plain;
use reaction::settings::Variables;
use reaction::{Counts, Reaction};
use reconcile_shares::{Proposal, ReconcileShares, Settings, StoredPlan};
use serde::Serialize;
use sharing::{Allowed, Kind, Manifest, Share, digest};
use sharing_aws::Source;
use sharing_records::Grants;

use super::counts::Table;
use super::usage::Usage;
use crate::bound;
use crate::connection::{AwsOptions, connect_for};
use crate::event::{name_of, read_text};
use crate::failure::Failure;
use crate::functions::by_hand;
use crate::given::Given;
use crate::output::{self, Format};
use crate::progress::{self, Progress};

/// Under which name grants are recorded, where a plan was applied by hand.
const WHO: &str = "signalbox apply";

/// Compares everything with the manifest, and prints who would gain and who would lose.
pub(super) async fn plan(
    aws: &AwsOptions,
    variables: Variables<'_>,
    given: &Given,
    out: Option<&Path>,
    output: Format,
) -> Result<(), Failure> {
    given.check_role(variables)?;
    let sessions = connect_for(aws, variables).await?;
    let source = source(&sessions, variables).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let function = function(&sessions, source, variables)?;
    given.check("plan without an event")?;
    let progress = Progress::start();
    progress.next("comparing what is shared with the manifest");
    let run = by_hand(&sessions, ReconcileShares::NAME, "plan", "signalbox plan");
    let proposal = in_name_of(&run, function.propose(&run))
        .await
        .map_err(|error| if error.is_refused() { Failure::configuration(error) } else { Failure::service(error) })?;
    let losses: Vec<_> = proposal.plan.steps.iter().flat_map(Share::losses).collect();
    let usage = in_name_of(&run, Usage::of(&sessions, &losses)).await;
    drop(progress);
    let mut view = View::of(proposal, usage);
    let bound = bound::note(given, variables).filter(|note| !view.notes.contains(note));
    view.notes.extend(bound);
    output::print(output, &view)?;
    if let Some(path) = out {
        keep(&view.plan, path)?;
    }
    view.conclude()
}

/// The function on the command line, with the limits and tables of these settings.
pub(super) fn function(
    sessions: &Arc<Sessions>,
    source: Source,
    variables: Variables<'_>,
) -> Result<ReconcileShares, Failure> {
    let limits = Settings::read(variables).map_err(Failure::configuration)?;
    let grants = Grants::read(variables, sessions, WHO).map_err(Failure::configuration)?;
    if grants.is_none() {
        progress::say(
            "without --grants-table and --audit-table it is not known which shares are ours: nothing is taken back where \
             no entry matches any more, and nothing is recorded",
        );
    }
    Ok(ReconcileShares::new(sessions.clone(), source, limits, grants))
}

/// The manifest: a file of this computer, or where the deployed functions read it.
async fn source(sessions: &Arc<Sessions>, variables: Variables<'_>) -> Result<Source, Failure> {
    let Some(manifest) = variables("SIGNALBOX_MANIFEST") else {
        return Err(Failure::usage(
            "neither an event nor a manifest: give the event's file, or --manifest with a file, s3://bucket/key or ssm:/name",
        ));
    };
    let allowed = allowed(variables)?;
    if let Ok(manifest) = manifest.parse::<Location>() {
        let owner = variables("SIGNALBOX_MANIFEST_ACCOUNT").map(|id| id.parse()).transpose();
        let owner = owner.context("--manifest-account").map_err(Failure::configuration)?;
        return Ok(Source::new(sessions, sharing_aws::Settings { manifest, owner, allowed }));
    }
    let path = Path::new(&manifest);
    let text = read_text(path).await?;
    // Said before anything is asked of AWS; `signalbox manifest check` shows the line.
    Manifest::parse(&text).map_err(|mistake| {
        Failure::configuration(format!("{} is not a valid share manifest: {mistake}", name_of(path)))
    })?;
    Ok(Source::of_text(sessions, &text, allowed))
}

/// With which accounts things may be shared, where that is bounded.
pub(super) fn allowed(variables: Variables<'_>) -> Result<Option<Allowed>, Failure> {
    let allowed = variables("SIGNALBOX_ALLOWED_ACCOUNTS").map(|ids| ids.parse::<Allowed>()).transpose();
    allowed.context("--allowed-accounts").map_err(Failure::configuration)
}

fn keep(plan: &StoredPlan, path: &Path) -> Result<(), Failure> {
    let text = plan.text().map_err(Failure::service)?;
    let written = std::fs::write(path, &text);
    written.with_context(|| format!("writing {}", path.display())).map_err(Failure::usage)?;
    let path = path.display();
    progress::say(&format!("the plan is in {path} (SHA-256 {}); carry it out: signalbox apply {path}", digest(&text)));
    Ok(())
}

/// What is shown of a proposal.
#[derive(Serialize)]
struct View {
    #[serde(flatten)]
    plan: StoredPlan,
    refused: Vec<String>,
    notes: Vec<String>,
    incomplete: Vec<String>,
    counts: Counts,
    interlock: Option<String>,
    /// Which accounts use images that they lose.
    usage: Usage,
}

impl View {
    fn of(proposal: Proposal, usage: Usage) -> Self {
        let Proposal { plan, refused, notes, incomplete, counts, interlock } = proposal;
        Self { plan, refused, notes, incomplete, counts, interlock: interlock.map(|error| error.to_string()), usage }
    }

    fn conclude(&self) -> Result<(), Failure> {
        if !self.incomplete.is_empty() || (self.plan.steps.is_empty() && !self.refused.is_empty()) {
            return Err(Failure::shown_service());
        }
        if self.plan.steps.is_empty() { Ok(()) } else { Err(Failure::differences()) }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in self.plan.steps.iter().flat_map(|Share { changes, .. }| changes) {
            let resource = &change.resource;
            let region = resource.region.as_ref().map_or("-", |region| region.as_str());
            let difference = change.difference();
            let lines =
                difference.add.iter().map(|who| ('+', who)).chain(difference.remove.iter().map(|who| ('-', who)));
            for (sign, who) in lines {
                let line = format!("{sign} {} {region} {who}  {}", resource.id, change.name);
                writeln!(f, "{}", plain(&line))?;
                let is_lost = sign == '-' && resource.kind == Kind::Image;
                if let Some(used) = self.usage.told(&resource.id, who).filter(|_| is_lost) {
                    writeln!(f, "    {}", plain(&used))?;
                }
            }
            if change.before == change.after {
                writeln!(f, "= {} {region}  the record of an interrupted run is closed", resource.id)?;
            }
        }
        let told = [
            ("", self.refused.as_slice()),
            ("incomplete: ", &self.incomplete),
            ("note: ", &self.notes),
            ("note: ", self.usage.notes()),
        ];
        for (what, line) in told.into_iter().flat_map(|(what, lines)| lines.iter().map(move |line| (what, line))) {
            writeln!(f, "{what}{}", plain(line))?;
        }
        if let Some(why) = &self.interlock {
            writeln!(f, "a sweep refuses this unless it is forced: {}", plain(why))?;
        }
        if self.plan.steps.is_empty() && self.refused.is_empty() && self.incomplete.is_empty() {
            writeln!(f, "everything is as the manifest says")?;
        }
        write!(f, "{}", Table(&self.counts))
    }
}
