//! Whether a key's policy lets an account use what the key encrypts.

use place::AccountId;
use policy::in_force::{self, Statement, Who, account_of, is_root};

use super::condition::callers;
use super::read;
use crate::Kind;

/// How far a key's policy admits an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Admitted {
    /// It does not.
    No,
    /// Only under conditions, or only some of its users and roles.
    Partly,
    /// The account as a whole; which of its users and roles, it decides by itself.
    Yes,
}

/// What the use of an encrypted snapshot of another account needs at least.
/// <https://docs.aws.amazon.com/ebs/latest/userguide/share-kms-key.html>
const NEEDED: [&str; 2] = ["kms:Decrypt", "kms:CreateGrant"];

/// How far the key's policy admits the account: whether that may decrypt, and create the grants by which services decrypt
/// for it. Grants on the key may admit it beside the policy.
///
/// # Errors
/// Why the text is no policy.
pub fn admits(text: &str, account: &AccountId) -> Result<Admitted, String> {
    let policy = read(Some(text))?;
    let statements = in_force::all(&policy)?;
    let levels = NEEDED.map(|action| level(&statements, action, account));
    Ok(levels.into_iter().min().unwrap_or(Admitted::No))
}

fn level(statements: &[Statement<'_>], action: &str, account: &AccountId) -> Admitted {
    let about = || statements.iter().filter(|it| it.is_about(action));
    let allowed = about().filter(|it| it.is_allow()).map(|it| reach(it, account)).max().unwrap_or(Admitted::No);
    let denied = about().filter(|it| it.is_deny()).map(|it| reach(it, account)).max().unwrap_or(Admitted::No);
    match denied {
        Admitted::Yes => Admitted::No,
        Admitted::Partly => allowed.min(Admitted::Partly),
        Admitted::No => allowed,
    }
}

/// How much of the account the statement is for.
fn reach(statement: &Statement<'_>, account: &AccountId) -> Admitted {
    let callers = callers(statement, Kind::Key);
    if callers.leave_out(account) {
        return Admitted::No;
    }
    let of_account = |who: Who<'_>| match who {
        Who::Everybody => Admitted::Yes,
        Who::Aws(text) if account_of(text).as_ref() != Some(account) => Admitted::No,
        Who::Aws(text) if is_root(text) => Admitted::Yes,
        Who::Aws(_) => Admitted::Partly,
        Who::Outside(_) | Who::Service => Admitted::No,
    };
    let named = statement.principals().map(of_account).max().unwrap_or(Admitted::No);
    let reach = if statement.has_exceptions() {
        match statement.exceptions().map(of_account).max().unwrap_or(Admitted::No) {
            Admitted::No => Admitted::Yes,
            Admitted::Partly => Admitted::Partly,
            Admitted::Yes => Admitted::No,
        }
    } else {
        named
    };
    if callers.is_partial { reach.min(Admitted::Partly) } else { reach }
}
