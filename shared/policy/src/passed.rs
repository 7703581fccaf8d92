//! What narrows a statement: which service a role may be passed to, and which things it is about.

use crate::document::{Condition, Statement};
use crate::operator::Operator;

const PASSED_TO: &str = "iam:PassedToService";

/// Keys beside AWS's global ones that say who asks, from where, when and how. They keep others out, and leave those that the policy is
/// for all that it allows.
const OF_THE_CALLER: [&str; 5] = [
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "ec2:SourceInstanceARN",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceARN",
];

/// The global keys that are about the thing.
const OF_THE_THING: [&str; 2] = ["aws:ResourceTag/", "aws:RequestTag/"];

impl Condition<'_> {
    /// Whether it narrows down what is done, and not only who may do it.
    fn is_about_the_thing(&self) -> bool {
        let is_global = self.is_on("aws:") && !OF_THE_THING.iter().any(|key| self.is_on(key));
        self.is_firm() && !is_global && !OF_THE_CALLER.iter().any(|key| self.is_on(key))
    }
}

impl Statement<'_> {
    /// Whether its conditions leave only some of the things that it names.
    pub(crate) fn is_narrowed(&self) -> bool {
        self.conditions.iter().any(|it| it.is_about_the_thing() && !it.is_on(PASSED_TO))
    }

    /// Whether its conditions let a role be passed to this service.
    pub(crate) fn passes_to(&self, service: &str) -> bool {
        self.conditions
            .iter()
            .filter(|it| it.is_on(PASSED_TO))
            .all(|it| Operator::parse(it.operator.value).is_none_or(|operator| operator.holds_for(it, service)))
    }

    /// Whether it has conditions on other things than the service that a role is passed to.
    pub(crate) fn has_other_conditions(&self) -> bool {
        self.conditions.iter().any(|it| !it.is_on(PASSED_TO))
    }
}
