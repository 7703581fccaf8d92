//! What invokes a function.

use std::fmt;

use events::Detail;

/// What invokes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// An event of EventBridge.
    Event {
        /// The envelope's `source`.
        source: &'static str,
        /// The envelope's `detail-type`.
        detail_type: &'static str,
    },
    /// A job of a pipeline.
    Job,
    /// A request to a function's URL.
    Webhook,
    /// Messages of an SQS queue.
    Queue,
    /// A schedule, which sends what stands in the template.
    Schedule,
    /// A state of a workflow of Step Functions.
    Workflow,
    /// A step of a rotation, which Secrets Manager asks for.
    Step,
}

impl Trigger {
    /// Events with this detail.
    #[must_use]
    pub const fn of<D: Detail>() -> Self {
        Self::Event { source: D::SOURCE, detail_type: D::DETAIL_TYPE }
    }

    /// Whether it is an event with this `source` and `detail-type`.
    #[must_use]
    pub fn matches(&self, from: &str, kind: &str) -> bool {
        matches!(self, Self::Event { source, detail_type } if *source == from && *detail_type == kind)
    }

    /// Whether Secrets Manager waits for the answer of each step.
    #[must_use]
    pub fn is_step(&self) -> bool {
        *self == Self::Step
    }
}

/// What happens, and in parentheses who says so.
impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { source, detail_type } => write!(f, "{detail_type} ({source})"),
            Self::Job => f.write_str("job (CodePipeline)"),
            Self::Webhook => f.write_str("request (function URL)"),
            Self::Queue => f.write_str("messages (SQS)"),
            Self::Schedule => f.write_str("schedule (EventBridge)"),
            Self::Workflow => f.write_str("state of a workflow (Step Functions)"),
            Self::Step => f.write_str("step of a rotation (Secrets Manager)"),
        }
    }
}
