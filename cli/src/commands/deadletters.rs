//! `signalbox deadletters`: what failed and waits in the failure queues, and how it is handed over once more or dropped.

mod hand;
mod letter;
mod queue;
mod redrive;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws::Sessions;
use clap::{Args, Subcommand};
use futures_util::future::join_all;
use reaction::Error;

pub(super) use hand::Hand;
pub(super) use letter::{Letter, admitted};
pub(super) use queue::Queues;
use queue::{HIDDEN, Queue};
pub(super) use redrive::Redrive;
use view::{Listed, Lists, Shown};

use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::output::{self, Format};

const LIST_HELP: &str = "\
Examples:
  signalbox deadletters list --profile production
  signalbox deadletters list share-ami-failures --most 1000 --output json";

const SHOW_HELP: &str = "\
Example:
  signalbox deadletters show share-ami-failures 0b2f8a3e-6d0f-4c55-9a0e-1f1c7a1b2c3d --output json | jq .letter.event";

const REDRIVE_HELP: &str = "\
Examples:
  signalbox deadletters redrive share-ami-failures --all
  signalbox deadletters redrive share-ami-failures --all --apply
  signalbox deadletters redrive signalbox-bus-failures --all --function share-ami --apply

Exit codes: 0 nothing is left to do; 2 there is something to redrive (without --apply); 254 something was not done, and waits on.";

const DROP_HELP: &str = "\
Example:
  signalbox deadletters drop share-ami-failures 0b2f8a3e-6d0f-4c55-9a0e-1f1c7a1b2c3d --apply";

/// What to do about what failed.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// List the failure queues, and what waits in them
    ///
    /// Reads the queues that the templates make by default, in the account and Region that were chosen; that of another bus or pipeline
    /// by its name. SQS hides what is read from other readers, so each message is given back at once; where that is interrupted, SQS shows
    /// it again within 16 minutes.
    #[command(after_help = LIST_HELP)]
    List {
        /// Only this queue
        queue: Option<String>,
        #[command(flatten)]
        bound: Bound,
    },
    /// Show one message: the event, and why it is there
    #[command(after_help = SHOW_HELP)]
    Show {
        /// The queue's name, as the list has it
        queue: String,
        /// The message's id, as the list has it
        id: String,
        #[command(flatten)]
        bound: Bound,
    },
    /// Hand messages to their function once more; without --apply, shows what would be handed over
    ///
    /// The queue's name says which function that is, and never a message. An event is the same occurrence as before: what was done
    /// meanwhile is `repeated`. A message whose event was dealt with is deleted; any other one stays, with the reason. A message that no
    /// rule and no schedule could have sent is not handed over, since less power is needed to write it than to invoke the function.
    /// Ctrl-C begins no other message and waits for the one that runs.
    #[command(after_help = REDRIVE_HELP)]
    Redrive {
        #[command(flatten)]
        chosen: Chosen,
        /// The function that gets the messages, of a queue that is of several functions
        #[arg(long, value_name = "NAME")]
        function: Option<String>,
        #[command(flatten)]
        bound: Bound,
        /// Do it
        #[arg(long)]
        apply: bool,
    },
    /// Delete messages; without --apply, shows which
    #[command(after_help = DROP_HELP)]
    Drop {
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        bound: Bound,
        /// Do it
        #[arg(long)]
        apply: bool,
    },
}

/// What to say where reading is interrupted.
pub(super) const FAREWELL: &str = "nothing was handed over or deleted; what was read is shown again within 16 minutes";

impl DeadLettersCommand {
    /// Whether it hands over or deletes.
    pub(super) fn applies(&self) -> bool {
        matches!(self, Self::Redrive { apply: true, .. } | Self::Drop { apply: true, .. })
    }
}

/// Which messages.
#[derive(Clone, Debug, Args)]
pub(crate) struct Chosen {
    /// The queue's name, as the list has it
    pub(crate) queue: String,
    /// The ids of messages, as the list has them
    #[arg(required_unless_present = "all")]
    pub(crate) ids: Vec<String>,
    /// All that wait
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
}

impl Chosen {
    /// Every message of a queue.
    pub(super) fn all(queue: &str) -> Self {
        Self { queue: queue.to_owned(), ids: Vec::new(), all: true }
    }

    fn has(&self, letter: &Letter) -> bool {
        self.all || self.ids.contains(&letter.id)
    }
}

/// How much is read.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Bound {
    /// How many messages are read of a queue, at most
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) most: u32,
}

impl Bound {
    pub(super) fn size(self) -> usize {
        usize::try_from(self.most).unwrap_or(usize::MAX)
    }
}

/// Does what was asked.
pub(super) async fn deadletters(aws: &AwsOptions, asked: &DeadLettersCommand, output: Format) -> Result<(), Failure> {
    let sessions = connect(aws).await?;
    let queues = Queues::new(&sessions);
    match asked {
        DeadLettersCommand::List { queue, bound } => list(&queues, queue.as_deref(), *bound, output).await,
        DeadLettersCommand::Show { queue, id, bound } => show(&queues, queue, id, *bound, output).await,
        DeadLettersCommand::Redrive { chosen, function, bound, apply } => {
            let redrive = redrive(&sessions, queues, chosen, function.as_deref(), *bound).await?;
            if *apply { redrive.carry_out(output).await } else { redrive.plan(output).await }
        }
        DeadLettersCommand::Drop { chosen, bound, apply } => {
            let queue = queues.named(&chosen.queue).await.map_err(refused)?;
            let drop = Redrive { queues, queue, hand: None, replay: None, chosen: chosen.clone(), most: bound.size() };
            if *apply { drop.carry_out(output).await } else { drop.plan(output).await }
        }
    }
}

/// What is ready to be handed over.
pub(super) async fn redrive(
    sessions: &Arc<Sessions>,
    queues: Queues,
    chosen: &Chosen,
    function: Option<&str>,
    bound: Bound,
) -> Result<Redrive, Failure> {
    let queue = queues.named(&chosen.queue).await.map_err(refused)?;
    let function = queue.function(function).map_err(Failure::usage)?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let hand = Hand::to(function, sessions, &queues).await.map_err(Failure::service)?;
    Ok(Redrive { queues, queue, hand: Some(hand), replay: None, chosen: chosen.clone(), most: bound.size() })
}

/// A name that is wrong is the command line's mistake; anything else is AWS's.
fn refused(error: Error) -> Failure {
    if error.is_refused() { Failure::usage(error) } else { Failure::service(error) }
}

async fn list(queues: &Queues, name: Option<&str>, bound: Bound, output: Format) -> Result<(), Failure> {
    let chosen = match name {
        Some(name) => vec![queues.named(name).await.map_err(refused)?],
        None => queues.all().await.map_err(Failure::service)?,
    };
    let listed = join_all(chosen.into_iter().map(async |queue| look(queues, queue, bound).await)).await;
    let lists = Lists(listed);
    output::print(output, &lists)?;
    if lists.0.iter().any(|it| it.unread.is_some()) { Err(Failure::shown_service()) } else { Ok(()) }
}

/// What waits in a queue. A queue that cannot be read keeps no other from being shown.
async fn look(queues: &Queues, queue: Queue, bound: Bound) -> Listed {
    let read = async {
        let waiting = queues.waiting(&queue).await?;
        let held = queues.take_all(&queue, bound.size()).await?;
        queues.give_back(&queue, &held).await;
        Ok((waiting, held.into_iter().map(|it| it.letter).collect::<Vec<_>>()))
    };
    let read: Result<_, Error> = read.await;
    match read {
        Ok((waiting, letters)) => Listed { waiting: waiting.max(letters.len() as u64), letters, unread: None, queue },
        Err(error) => Listed { queue, waiting: 0, letters: Vec::new(), unread: Some(error.to_string()) },
    }
}

async fn show(queues: &Queues, queue: &str, id: &str, bound: Bound, output: Format) -> Result<(), Failure> {
    let queue = queues.named(queue).await.map_err(refused)?;
    let held = queues.take_all(&queue, bound.size()).await.map_err(Failure::service)?;
    queues.give_back(&queue, &held).await;
    let found = held.into_iter().map(|it| it.letter).find(|it| it.id == id);
    let letter = found.ok_or_else(|| Failure::usage(absent(&queue, [id].into(), bound.size())))?;
    output::print(output, &Shown { queue, letter })
}

/// What to say of messages that were not found.
fn absent(queue: &Queue, ids: BTreeSet<&str>, most: usize) -> String {
    let ids: Vec<_> = ids.into_iter().map(|it| place::shortened(it, 60)).collect();
    format!(
        "{} has no message {} among the first {most}: it may be gone, or another reader has it for up to {} minutes; list the queue \
         again, or read more of it with --most",
        queue.name,
        ids.join(", "),
        HIDDEN.as_secs() / 60
    )
}
