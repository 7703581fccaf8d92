//! What a soak expects: who may use each thing in the end, by its name alone. It knows nothing of the code that it judges.

use serde_json::{Value, json};

/// Who holds everything at first, and no entry names.
pub const HOLDER: &str = "444455556666";

/// Whom the manifest gives what begins with `base`.
pub const NAMED: [&str; 2] = ["123456789012", "987654321098"];

/// What a thing's name says of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It shares with two accounts.
    Base,
    /// It shares with none, so that what there was goes.
    Closed,
    /// There is none, so that what there was stays.
    Other,
}

impl Entry {
    /// The entry of a thing of this number: half of them are shared.
    pub fn of(number: usize) -> Self {
        [Self::Base, Self::Closed, Self::Base, Self::Other][number % 4]
    }

    /// What the thing's name begins with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Base => "base-v",
            Self::Closed => "closed-v",
            Self::Other => "other-v",
        }
    }

    /// Who may use it in the end.
    pub fn holders(self) -> String {
        match self {
            Self::Base => NAMED.join(", "),
            Self::Closed => "no account".into(),
            Self::Other => HOLDER.into(),
        }
    }
}

/// The manifest.
pub fn manifest() -> Value {
    let entries = json!({"base-v": {"eu-west-1": NAMED}, "closed-v": {"eu-west-1": []}});
    json!({"ami": entries, "ebs": entries, "rds": entries})
}
