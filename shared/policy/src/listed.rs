//! What a pattern of actions stands for, by AWS's list: which actions, and what they do to an account.

use crate::actions::{Action, key, service};

/// What an action does, as AWS classes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessLevel {
    /// It lists what there is.
    List,
    /// It reads.
    Read,
    /// It makes, changes or deletes.
    Write,
    /// It changes tags.
    Tagging,
    /// It changes who may do what.
    PermissionsManagement,
}

/// An action of AWS's list.
#[derive(Clone, Copy, Debug)]
pub struct ListedAction {
    /// The prefix of its service.
    pub service: &'static str,
    /// Its name, without the service.
    pub name: &'static str,
    /// What it does.
    pub level: AccessLevel,
    action: Action,
}

impl ListedAction {
    /// Whether a request for it may have this condition key.
    #[must_use]
    pub fn knows(&self, condition_key: &str) -> bool {
        key(condition_key).is_some_and(|it| self.action.knows(it))
    }
}

/// The actions that a pattern such as `s3:Get*` fits; none where AWS's list has no such service.
#[must_use]
pub fn listed_actions(pattern: &str) -> Vec<ListedAction> {
    let Some((prefix, name)) = pattern.split_once(':') else { return Vec::new() };
    let listed = service(prefix).into_iter().flat_map(|it| {
        let service = it.prefix;
        it.actions(name).map(move |action| ListedAction { service, name: action.name(), level: level(action), action })
    });
    listed.collect()
}

fn level(action: Action) -> AccessLevel {
    match action.level {
        0 => AccessLevel::List,
        1 => AccessLevel::Read,
        3 => AccessLevel::Tagging,
        4 => AccessLevel::PermissionsManagement,
        // A level that this version does not know is not taken for one that only reads.
        _ => AccessLevel::Write,
    }
}
