//! `signalbox dns`: the names of clusters at a glance, and what a sweep would do about them.

use std::fmt;

use clap::Args;
use naming_sweep::{Row, Settings, Sweep, Table};
use place::{plain, shortened};
use serde::Serialize;

use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::functions::by_hand;
use crate::given::Given;
use crate::output::{self, Format};
use crate::progress::{self, Progress};
use crate::settings::{Naming, Pacing, Removals};

/// How much is shown of a tag that is no name.
const LONGEST: usize = 80;

/// Which names are to be shown.
#[derive(Debug, Args)]
pub(crate) struct NamesAsked {
    /// Only those that are not as they should be
    #[arg(long)]
    pub(crate) drift: bool,
    #[command(flatten)]
    pacing: Pacing,
    #[command(flatten)]
    removals: Removals,
    #[command(flatten)]
    naming: Naming,
}

/// Prints the names; what could not be read is a service error.
pub(super) async fn dns(aws: &AwsOptions, asked: &NamesAsked, given: &Given, output: Format) -> Result<(), Failure> {
    let variables = |name: &str| given.setting(name);
    let settings = Settings::read(&variables).map_err(Failure::configuration)?;
    given.check("dns")?;
    let sessions = connect(aws).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let progress = Progress::start();
    progress.next("reading clusters, zones and their records");
    let sweep = Sweep::new(sessions.clone(), settings.clone());
    let table = sweep.table(&by_hand(&sessions, "signalbox", "dns", "signalbox dns")).await;
    drop(progress);
    let mut view = View(table.map_err(Failure::service)?);
    let there_is_none = view.0.names.is_empty();
    view.0.names.retain(|row| !asked.drift || row.has_drifted());
    if output == Format::Json || !view.0.names.is_empty() {
        output::print(output, &view)?;
    }
    let View(Table { names, incomplete, interlock }) = view;
    if let Some(why) = interlock {
        progress::say(&format!("a sweep refuses this unless it is forced: {why}"));
    }
    if !incomplete.is_empty() {
        let unread = incomplete.join("\n  ");
        return Err(Failure::service(format!(
            "not everything could be read, and names may be missing here:\n  {unread}"
        )));
    }
    if there_is_none {
        progress::say(&nothing(&settings));
    } else if names.is_empty() {
        progress::say("every name is as it should be");
    }
    Ok(())
}

/// What to look at where there are no names.
fn nothing(settings: &Settings) -> String {
    let zones = match &settings.naming.zones {
        Some(zones) => zones.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        None => "the account's private hosted zones".into(),
    };
    format!(
        "there are no names: no living cluster of this region has a tag `{}` (--dns-tag), and no record of Signalbox stands \
         in {zones} (--dns-zones)",
        settings.naming.tag
    )
}

#[derive(Serialize)]
#[serde(transparent)]
struct View(Table);

/// What may be long stands at the end of a line, so that the columns stay columns.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = output::table(["NAME", "TARGET", "CLUSTER", "STATE", "OWNER", "ZONE", "DRIFT"]);
        for Row { name, target, cluster, state, owner, zone, drift, why } in &self.0.names {
            let cell = |text: &Option<String>| text.as_deref().map_or_else(|| "-".into(), plain);
            let drift = match why {
                Some(why) => format!("{drift}: {}", plain(why)),
                None => drift.to_string(),
            };
            let name = shortened(&plain(name), LONGEST);
            table.add_row([name, cell(target), cell(cluster), cell(state), cell(owner), cell(zone), drift]);
        }
        f.write_str(&table.trim_fmt())
    }
}
