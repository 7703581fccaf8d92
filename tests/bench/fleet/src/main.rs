//! What the bench measures of the fleet: in each account and region, who the caller is. The same as `peer/fleet.py`.
//!
//! Arguments: the word `workflow`, if the functions of the workflow are to do it; how much may be in flight, the regions, and what the accounts are chosen by, as `tag:KEY=VALUE`. A line for each result, as it comes; it ends when its standard
//! input does, so that what it took can be read before.

mod workflow;

use std::collections::BTreeSet;
use std::io::Read;
use std::pin::pin;
use std::time::SystemTime;

use anyhow::{Context, Result};
use aws::{Answer, Options, Sessions};
use fleet::{Braking, Fleet, Limits, Regions, Role, Session, Targets};
use futures_util::StreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut first = arguments.next();
    let is_workflow = first.as_deref() == Some("workflow");
    if is_workflow {
        first = arguments.next();
    }
    let concurrency = first.context("how much may be in flight")?.parse()?;
    let (chosen, regions): (Vec<_>, Vec<_>) = arguments.partition(|argument| argument.starts_with("tag:"));
    if is_workflow {
        return tell(workflow::run(sessions().await?, concurrency, &regions).await?);
    }
    let regions = regions.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    let chosen = chosen.iter().map(|tag| tag.parse()).collect::<Result<BTreeSet<_>, _>>()?;
    let targets = Targets { chosen: Some(chosen).filter(|chosen| !chosen.is_empty()), ..Targets::default() };
    let sessions = sessions().await?;
    let limits = Limits { concurrency, entering: concurrency, ..Limits::default() };
    let fleet = Fleet::new(sessions.config().clone(), sessions.home()?.clone(), Role::default(), limits)?;
    let plan = fleet.plan(&targets, Regions::These(regions)).await?;
    let ask = async |session: Session| {
        let client = aws_sdk_sts::Client::new(&session.config);
        Ok(client.get_caller_identity().send().await.or_error()?.arn)
    };
    let mut entries = pin!(fleet.run(plan, Braking::never(), ask));
    let mut results = 0;
    while let Some(entry) = entries.next().await {
        if let Some(result) = entry.result {
            println!("{} {}", entry.region.map(String::from).unwrap_or_default(), result.unwrap_or_default());
            results += 1;
        }
    }
    tell(results)
}

/// Our own account.
async fn sessions() -> Result<Sessions> {
    #[expect(clippy::disallowed_methods, reason = "a program reads its own environment")]
    let roots = std::env::var("AWS_CA_BUNDLE").ok().map(std::fs::read).transpose()?;
    let sessions = Sessions::load(&Options { roots, ..Options::new(now) }).await?;
    sessions.ask_home().await?;
    Ok(sessions)
}

/// Says how many results there are, and waits for the end of standard input.
fn tell(results: u64) -> Result<()> {
    println!("done {results}");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn now() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "the clock of a program")]
    SystemTime::now()
}
