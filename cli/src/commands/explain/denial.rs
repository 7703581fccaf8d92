//! AWS's message that something is not allowed.
//!
//! `User: WHO is not authorized to perform: ACTION on resource: WHAT because no TYPE policy allows the ACTION action`, or
//! `.. with an explicit deny in a TYPE policy`, since 2026 with that policy's ARN.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use place::Arn;
use suite::FUNCTIONS;

const MIDDLE: &str = " is not authorized to perform: ";
const ENCODED: &str = "Encoded authorization failure message: ";

/// What the codes of a denial look like, where AWS says no more than that.
const BARE: [&str; 5] = [
    "AccessDeniedException",
    "AccessDenied",
    "Access Denied",
    "UnauthorizedOperation",
    "You are not authorized to perform",
];

/// By what AWS may introduce the id of a denial.
const IDS: [&str; 3] = ["authorization id", "authorizationid", "denial id"];

/// A denial, as its message tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Denial<'a> {
    /// Who asked.
    who: Option<&'a str>,
    /// What was asked for.
    action: Option<&'a str>,
    resource: Option<&'a str>,
    by: By<'a>,
    /// What was going on, as the message of Signalbox has it.
    doing: Option<&'a str>,
    is_encoded: bool,
    /// The id by which AWS knows the denial.
    pub(super) id: Option<&'a str>,
}

/// What denies.
#[derive(Debug, PartialEq, Eq)]
enum By<'a> {
    /// No policy of this kind allows it.
    Nothing(&'a str),
    /// A policy of this kind denies it; the policy's ARN, where AWS names it.
    Deny(&'a str, Option<&'a str>),
    /// The message does not say.
    Untold,
}

impl<'a> Denial<'a> {
    /// Reads a message; `None` where it tells of no denial.
    pub(super) fn read(message: &'a str) -> Option<Self> {
        let is_encoded = message.contains(ENCODED);
        let (doing, id) = (message.split_once(": AWS answered ").map(|(doing, _)| doing), id_in(message));
        let Some((before, after)) = message.split_once(MIDDLE) else {
            let is_denial = BARE.iter().any(|code| message.contains(code));
            let bare = Self { who: None, action: None, resource: None, by: By::Untold, doing, is_encoded, id };
            return is_denial.then_some(bare);
        };
        let who = before.rsplit_once("User: ").map_or(before, |(_, who)| who).rsplit(' ').next();
        let action = word(after);
        let resource = between(after, " on resource: ", &[" because ", " with an explicit deny", "; ", ". "]);
        Some(Self { who, action, resource: resource.map(trimmed), by: by(after), doing, is_encoded, id })
    }

    /// What was refused.
    pub(super) fn refused(&self) -> String {
        let who = self.who.map_or_else(|| "AWS denied it".to_owned(), String::from);
        match (self.action, self.resource, self.doing) {
            (Some(action), Some(resource), _) => format!("{who} may not {action} on {resource}"),
            (Some(action), None, _) => format!("{who} may not {action}"),
            (None, _, Some(doing)) => format!("{doing}: {who}"),
            (None, _, None) => who,
        }
    }

    /// By which rule.
    pub(super) fn rule(&self) -> String {
        match &self.by {
            By::Nothing(kind) => format!("no {kind} allows it"),
            By::Deny(kind, Some(arn)) => format!("the {kind} {arn} denies it"),
            By::Deny(kind, None) => format!("{} {kind} denies it", if kind.starts_with('i') { "an" } else { "a" }),
            By::Untold if self.is_encoded => "only the encoded part of the message says".into(),
            By::Untold => "AWS's message does not say which policy".into(),
        }
    }

    /// What to do.
    pub(super) fn fix(&self) -> String {
        let action = self.action.unwrap_or("the action");
        let on = self.resource.map(|it| format!(" on {it}")).unwrap_or_default();
        let to_do = match &self.by {
            By::Nothing("identity-based policy") => format!("let {} do {action}{on}{}", self.whose(), self.template()),
            By::Nothing("resource-based policy" | "role trust policy") => {
                format!("let {} do {action} in the policy of {}", self.whose(), self.resource.unwrap_or("the resource"))
            }
            By::Nothing("session policy") => {
                format!("the policy that was given when the role was assumed has to allow {action}{on}; of `signalbox fleet run` that is --session-policy or --policy-arn")
            }
            By::Nothing("permissions boundary") => format!("add {action}{on} to the permissions boundary of {}", self.whose()),
            By::Nothing(kind) => format!("add {action}{on} to the {kind}"),
            By::Deny("service control policy" | "resource control policy", _) => {
                "no permission of the role helps: an administrator of the organization has to change that policy".into()
            }
            By::Deny(kind, arn) => {
                format!("narrow or remove the statement with Deny for {action} in {}", arn.map_or_else(|| format!("that {kind}"), String::from))
            }
            By::Untold if self.is_encoded => {
                "aws sts decode-authorization-message --encoded-message MESSAGE, with sts:DecodeAuthorizationMessage, tells the policy".into()
            }
            By::Untold => format!("look at the policies of the role, of the resource, and of the organization for {action}{on}"),
        };
        match self.id {
            Some(id) => format!("{to_do}; within 24 hours AWS's iam-toolbox tells by {id} which statement it was"),
            None => to_do,
        }
    }

    /// The role or user, without its session.
    fn whose(&self) -> String {
        let Some(who) = self.who else { return "the role".into() };
        match self.role() {
            Some(role) => format!("the role {role} of account {}", Arn::parse(who).map_or("?", |it| it.account)),
            None => who.to_owned(),
        }
    }

    fn role(&self) -> Option<&'a str> {
        let resource = Arn::parse(self.who?)?.resource;
        let named = resource.strip_prefix("assumed-role/").and_then(|it| it.split('/').next());
        named.or_else(|| resource.strip_prefix("role/"))
    }

    /// A role of a template has all that its function needs, if the stack is up to date.
    fn template(&self) -> String {
        let role = self.role().unwrap_or_default();
        let of_member = FUNCTIONS.iter().find(|it| role.strip_prefix("signalbox-") == Some(it.name));
        let own =
            FUNCTIONS.iter().find(|it| it.name == role || role.starts_with(&format!("signalbox-{}-Role", it.name)));
        match (of_member, own) {
            (Some(it), _) => format!("; infra/{}-member.yaml gives it all that is needed: update that stack", it.name),
            (_, Some(it)) => format!("; infra/{}.yaml gives it all that is needed: update that stack", it.name),
            _ => String::new(),
        }
    }
}

/// What denies, after `to perform: `.
fn by(text: &str) -> By<'_> {
    let kinds = [
        "identity-based policy",
        "resource-based policy",
        "service control policy",
        "resource control policy",
        "permissions boundary",
        "session policy",
        "VPC endpoint policy",
        "role trust policy",
    ];
    let kind = |text: &str| kinds.into_iter().find(|kind| text.starts_with(kind));
    if let Some((_, after)) = text.split_once("with an explicit deny in ") {
        let after = ["a ", "an ", "the "].iter().find_map(|it| after.strip_prefix(it)).unwrap_or(after);
        let Some(kind) = kind(after) else { return By::Untold };
        let arn = after[kind.len()..].trim_start_matches([':', ' ', '(']);
        return By::Deny(kind, arn.starts_with("arn:").then(|| trimmed(word(arn).unwrap_or_default())));
    }
    let nothing = text.split_once("because no ").and_then(|(_, after)| kind(after));
    nothing.map_or(By::Untold, By::Nothing)
}

/// The word at the beginning.
fn word(text: &str) -> Option<&str> {
    text.split([' ', '\n', '"', ';', ',']).next().map(trimmed).filter(|it| !it.is_empty())
}

fn trimmed(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'', ')']).trim_end_matches('.')
}

fn between<'a>(text: &'a str, from: &str, to: &[&str]) -> Option<&'a str> {
    let (_, after) = text.split_once(from)?;
    let end = to.iter().filter_map(|it| after.find(it)).min().unwrap_or(after.len());
    Some(&after[..end])
}

/// The id of the denial: letters, digits and hyphens after the words that introduce it.
fn id_in(message: &str) -> Option<&str> {
    // Of ASCII, so that both have the same places.
    let lower = message.to_ascii_lowercase();
    let end = IDS.iter().find_map(|it| lower.find(it).map(|at| at + it.len()))?;
    let after = message.get(end..)?.trim_start_matches([' ', ':', '=', '(', '"']);
    let length = after.find(|it: char| !it.is_ascii_alphanumeric() && it != '-' && it != '_').unwrap_or(after.len());
    Some(&after[..length]).filter(|it| it.len() >= 8)
}

#[cfg(test)]
mod tests {
    use super::Denial;

    const WHO: &str = "User: arn:aws:sts::111122223333:assumed-role/share-ami/share-ami is not authorized to perform: ec2:DescribeImages on resource: *";

    fn told(message: &str) -> [String; 3] {
        let denial = Denial::read(message).unwrap();
        [denial.refused(), denial.rule(), denial.fix()]
    }

    /// How a message ends, the rule, and a part of the remedy.
    const KINDS: [(&str, &str, &str); 8] = [
        (
            "because no identity-based policy allows the ec2:DescribeImages action",
            "no identity-based policy allows it",
            "let the role share-ami of account 111122223333 do ec2:DescribeImages on *; infra/share-ami.yaml",
        ),
        (
            "because no resource-based policy allows the ec2:DescribeImages action",
            "no resource-based policy allows it",
            "in the policy of *",
        ),
        (
            "because no session policy allows the ec2:DescribeImages action",
            "no session policy allows it",
            "the policy that was given when",
        ),
        (
            "because no permissions boundary allows the ec2:DescribeImages action",
            "no permissions boundary allows it",
            "add ec2:DescribeImages on * to the permissions boundary of the role share-ami",
        ),
        (
            "because no VPC endpoint policy allows the ec2:DescribeImages action",
            "no VPC endpoint policy allows it",
            "to the VPC endpoint policy",
        ),
        (
            "with an explicit deny in a service control policy",
            "a service control policy denies it",
            "no permission of the role helps",
        ),
        ("with an explicit deny in an identity-based policy", "an identity-based policy denies it", "narrow or remove"),
        (
            "with an explicit deny in a service control policy: arn:aws:organizations::999988887777:policy/o-exampleorgid/p-1.",
            "the service control policy arn:aws:organizations::999988887777:policy/o-exampleorgid/p-1 denies it",
            "an administrator of the organization",
        ),
    ];

    #[test]
    fn each_kind_of_policy_has_its_own_remedy() {
        for (end, rule, fix) in KINDS {
            let [refused, by, to_do] = told(&format!("{WHO} {end}"));
            assert_eq!(
                refused,
                "arn:aws:sts::111122223333:assumed-role/share-ami/share-ami may not ec2:DescribeImages on *"
            );
            assert!(by == rule && to_do.contains(fix), "{end}: {by}; {to_do}");
        }
    }

    #[test]
    fn what_a_message_does_not_say_is_not_made_up() {
        let [refused, by, to_do] =
            told("reading s3://a/b: AWS answered AccessDenied: Access Denied; give the role this permission");
        assert_eq!(
            (refused.as_str(), by.as_str()),
            ("reading s3://a/b: AWS denied it", "AWS's message does not say which policy")
        );
        assert!(to_do.starts_with("look at the policies"), "{to_do}");
        let encoded =
            told("You are not authorized to perform this operation. Encoded authorization failure message: AbC-1");
        assert!(encoded[2].starts_with("aws sts decode-authorization-message"), "{encoded:?}");
        assert_eq!(Denial::read("the image is disabled; enable it"), None);
    }

    #[test]
    fn the_id_of_a_denial_is_kept() {
        for text in ["(Authorization ID: 0123abcd-4567)", "AuthorizationId=0123abcd-4567.", "denial id 0123abcd-4567"] {
            let message = format!("{WHO} because no identity-based policy allows the ec2:DescribeImages action {text}");
            let denial = Denial::read(&message).unwrap();
            assert_eq!(denial.id, Some("0123abcd-4567"), "{text}");
            assert!(denial.fix().ends_with("tells by 0123abcd-4567 which statement it was"));
        }
        assert_eq!(Denial::read(WHO).unwrap().id, None);
    }
}
