//! Who acts, as the audit records it.

use std::sync::{Arc, Mutex, PoisonError};

/// Who acts from now on: a person by the ARN of their credentials and their command, a function by its ARN, version and
/// request. Clones say the same.
#[derive(Clone, Debug, Default)]
pub struct Actor(Arc<Mutex<Option<String>>>);

impl Actor {
    /// Says who acts from now on.
    pub fn set(&self, who: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(who.into());
    }

    /// Who acts; `None` before [`Actor::set`].
    #[must_use]
    pub fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A function, by the ARN by which Lambda invoked it, its version, and the request. The ARN is written without the alias
    /// or version that it may end with, since an alias does not say which code ran.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html>
    #[must_use]
    pub fn of_function(arn: &str, version: &str, request: &str) -> String {
        const PARTS: usize = 7;
        let arn: Vec<_> = arn.split(':').take(PARTS).collect();
        format!("{}:{version}, request {request}", arn.join(":"))
    }
}

#[cfg(test)]
mod tests {
    use super::Actor;

    #[test]
    fn a_function_is_named_with_the_version_that_ran_whatever_alias_invoked_it() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:share-ami";
        for invoked in [arn.to_owned(), format!("{arn}:live")] {
            assert_eq!(Actor::of_function(&invoked, "7", "6a7e8feb"), format!("{arn}:7, request 6a7e8feb"));
        }
    }
}
