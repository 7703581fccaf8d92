//! What narrows a statement: which service a role may be passed to, and which things it is about.

use crate::document::{Condition, Statement};
use crate::granted::Rights;
use crate::reach::{may_be_the_same, parts};
use crate::watched::UNDOING;

const PASSED_TO: &str = "iam:PassedToService";

/// Keys beside AWS's global ones and those of identity providers that say who asks, from where, when and how. They keep others out,
/// and leave those that the policy is for all that it allows.
const OF_THE_CALLER: [&str; 11] = [
    "aws:",
    "sts:",
    "saml:",
    "ec2:SourceInstanceARN",
    "ec2:RoleDelivery",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceARN",
    "glue:RoleAssumedBy",
    "glue:CredentialIssuingService",
    "kms:CallerAccount",
    "kms:ViaService",
];

/// The action that sets the tags of a sort of things, by a text of their ARN.
const TAGGED: [(&str, &str); 10] = [
    (":user/", "iam:TagUser"),
    (":role/", "iam:TagRole"),
    (":policy/", "iam:TagPolicy"),
    (":ec2:", "ec2:CreateTags"),
    (":lambda:", "lambda:TagResource"),
    (":sagemaker:", "sagemaker:AddTags"),
    (":cloudformation:", "cloudformation:TagResource"),
    (":apprunner:", "apprunner:TagResource"),
    (":ecs:", "ecs:TagResource"),
    (":glue:", "glue:TagResource"),
];

/// The actions that take a boundary away, and those that set one.
const UNBINDING: [&str; 2] = ["iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"];
const BINDING: [&str; 2] = ["iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary"];

impl Condition<'_> {
    /// Whether it is on tags that a thing has.
    fn is_on_tags(&self) -> bool {
        self.key
            .value
            .split_once(':')
            .and_then(|it| it.1.get(..12))
            .is_some_and(|it| it.eq_ignore_ascii_case("ResourceTag/"))
    }

    /// Whether it is about who asks.
    fn is_on_the_caller(&self) -> bool {
        let prefix = self.key.value.split(':').next().unwrap_or_default();
        prefix.contains(['.', '/']) || self.is_on_any(&OF_THE_CALLER)
    }
}

impl Statement<'_> {
    /// Whether its conditions may let a role be passed to this service.
    pub(crate) fn may_pass_to(&self, service: &str) -> bool {
        let holds = |it: &Condition<'_>| match service {
            "" => it.may_hold_without_key(),
            // In China some services have names of their own.
            service => it.may_hold_for(service) || it.may_hold_for(&format!("{service}.cn")),
        };
        self.conditions.iter().filter(|it| it.is_on(PASSED_TO)).all(holds)
    }

    /// Whether a deny has no other conditions than on the service that a role is passed to, and they hold for this one.
    pub(crate) fn surely_denies(&self, service: &str) -> bool {
        self.conditions.iter().all(|it| !service.is_empty() && it.is_on(PASSED_TO) && it.surely_holds_for(service))
    }
}

impl Rights<'_> {
    /// Whether conditions leave only some of the things for the action.
    pub(crate) fn is_narrowed(&self, statement: &Statement<'_>, action: &str, arn: &str) -> bool {
        statement.conditions.iter().any(|it| it.is_firm() && self.selects(it, action, arn))
    }

    /// Whether a condition is about which things are meant, and the policy lets its holder not change that.
    fn selects(&self, condition: &Condition<'_>, action: &str, arn: &str) -> bool {
        let is_of_identities = ["iam:", "sts:", "sso:"].iter().any(|it| action.starts_with(it));
        if condition.is_on_tags() {
            return UNDOING.contains(&action) || !self.can_tag(arn);
        }
        if is_of_identities {
            let names_policies = condition.is_on("iam:PolicyARN") || condition.is_on("iam:PermissionsBoundary");
            let is_left = |it: &Condition<'_>| it.is_on("iam:PermissionsBoundary") && self.can_unbind();
            let is_fixed = names_policies && !is_left(condition) && !self.can_write(condition);
            return condition.is_on("iam:RoleTemplateARN") || is_fixed;
        }
        !condition.is_on_the_caller()
    }

    /// Whether the holder may set tags on all of these things.
    fn can_tag(&self, arn: &str) -> bool {
        let tag = TAGGED.iter().find(|it| arn.contains(it.0));
        tag.is_some_and(|it| self.granted_on(it.1, Some(arn), "").is_some())
    }

    /// Whether the holder may take a boundary away, or put another one in its place.
    fn can_unbind(&self) -> bool {
        let is_bound =
            |it: &Statement<'_>| it.conditions.iter().any(|it| it.is_on("iam:PermissionsBoundary") && it.is_firm());
        let is_granted = |action: &str| self.granted_on(action, None, "").is_some();
        let replaces = |action: &str| is_granted(action) && self.naming(action).any(|it| it.is_allow && !is_bound(it));
        UNBINDING.iter().any(|it| is_granted(it)) || BINDING.iter().any(|it| replaces(it))
    }

    /// Whether the holder may write a policy that the condition admits.
    fn can_write(&self, condition: &Condition<'_>) -> bool {
        let is_written = |action: &str, policy: &str| {
            let (mut allows, mut denies) = (self.naming(action), self.naming(action).filter(|it| !it.is_allow));
            let is_about = |it: &Statement<'_>| {
                it.excepts_resources || it.resources.iter().any(|thing| may_be_the_same(thing.value, policy))
            };
            allows.any(|it| it.is_allow && is_about(it))
                && !denies.any(|it| it.surely_denies("") && it.denies_each(policy))
        };
        // A boundary that is named is there already: to make it needs a new version of it.
        let is_there = |policy: &str| condition.is_on("iam:PermissionsBoundary") && !policy.contains(['*', '?']);
        let mut own = condition.values.iter().map(|it| it.value).filter(|it| parts(it)[4] != "aws");
        own.any(|it| is_written("iam:CreatePolicyVersion", it) || !is_there(it) && is_written("iam:CreatePolicy", it))
    }
}
