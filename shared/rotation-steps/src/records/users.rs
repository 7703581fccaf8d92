//! The two users of a secret that take turns, as Signalbox left them in their server. A name alone says nothing: a user may be dropped
//! and made anew by another person, and would then be taken for the former one. These records do not lapse: what stands in them is
//! written anew where it changes, and a secret that is made anew has another ARN.

use std::collections::{BTreeMap, HashMap};

use aws::Answer;
use aws_sdk_dynamodb::types::AttributeValue;
use reaction::{Doing, Error};
use rotation::{Request, SecretArn};
use secrecy::SecretString;

use super::Records;
use super::made::digest;

/// The part of an item's id after the secret.
const USERS: &str = "users";

/// The item's attributes: the server, the digest of each user's mark, and the version for which a clone is being made.
const PLACE: &str = "place";
const MARKS: &str = "marks";
const MAKING: &str = "making";

/// What is recorded of two users that take turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    place: String,
    marks: BTreeMap<String, String>,
    making: Option<String>,
}

impl Users {
    /// Users of this secret in this server, each by its mark: what the server tells of it, and of no other user of that name.
    #[must_use]
    pub fn new(secret: &SecretArn, place: &str, marks: &BTreeMap<String, SecretString>) -> Self {
        let marks = marks.iter().map(|(user, mark)| (user.clone(), digest_of(secret, place, user, mark)));
        Self { place: place.into(), marks: marks.collect(), making: None }
    }

    /// The same, where a rotation is about to make the user that is not there.
    #[must_use]
    pub fn making_for(self, request: &Request) -> Self {
        Self { making: Some(request.version.to_string()), ..self }
    }

    /// Whether a rotation was about to make a user, so that the one that is there now is it.
    #[must_use]
    pub fn is_made_for(&self, request: &Request) -> bool {
        self.making.as_deref() == Some(request.version.as_str())
    }

    /// Whether this user was ever recorded.
    #[must_use]
    pub fn has(&self, user: &str) -> bool {
        self.marks.contains_key(user)
    }

    /// Whether a user is as it is in others.
    #[must_use]
    pub fn is_as_in(&self, user: &str, others: &Self) -> bool {
        let of = |it: &Self| it.marks.get(user).cloned();
        self.place == others.place && of(self).is_some() && of(self) == of(others)
    }
}

impl Records {
    /// What is recorded of the two users of a secret in this server; nothing where another one is recorded.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn users(&self, secret: &SecretArn, place: &str) -> Result<Users, Error> {
        let get = self.client.get_item().table_name(&self.table).key("id", self.id(secret, USERS));
        let item = get.consistent_read(true).send().await.or_error().doing(|| self.place())?.item.unwrap_or_default();
        Ok(read(&item).filter(|it| it.place == place).unwrap_or_default())
    }

    /// Writes down how the two users stand, in place of what was written before.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn record_users(&self, secret: &SecretArn, users: &Users) -> Result<(), Error> {
        let marks = users.marks.iter().map(|(user, mark)| (user.clone(), AttributeValue::S(mark.clone()))).collect();
        let update = self.client.update_item().table_name(&self.table).key("id", self.id(secret, USERS));
        let update = update.expression_attribute_names("#place", PLACE).expression_attribute_names("#marks", MARKS);
        let update = update.expression_attribute_names("#making", MAKING);
        let update = update.expression_attribute_values(":place", AttributeValue::S(users.place.clone()));
        let update = update.expression_attribute_values(":marks", AttributeValue::M(marks));
        let update = match &users.making {
            Some(version) => update
                .expression_attribute_values(":making", AttributeValue::S(version.clone()))
                .update_expression("SET #place = :place, #marks = :marks, #making = :making"),
            None => update.update_expression("SET #place = :place, #marks = :marks REMOVE #making"),
        };
        update.send().await.or_error().map(drop).doing(|| self.place())
    }
}

fn read(item: &HashMap<String, AttributeValue>) -> Option<Users> {
    let text = |value: &AttributeValue| value.as_s().ok().cloned();
    let marks = item.get(MARKS)?.as_m().ok()?.iter();
    let marks = marks.filter_map(|(user, mark)| Some((user.clone(), text(mark)?))).collect();
    Some(Users { place: text(item.get(PLACE)?)?, marks, making: item.get(MAKING).and_then(text) })
}

/// A mark may be a password's hash: no reader of the table shall be able to guess at that.
fn digest_of(secret: &SecretArn, place: &str, user: &str, mark: &SecretString) -> String {
    digest(&format!("{secret}\n{place}\n{user}\n"), mark)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::Users;

    const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf";

    fn users(secret: &str, place: &str, marks: &[(&str, &str)]) -> Users {
        let marks: BTreeMap<_, _> = marks.iter().map(|(user, mark)| ((*user).into(), (*mark).into())).collect();
        Users::new(&secret.parse().unwrap(), place, &marks)
    }

    #[test]
    fn a_user_is_known_by_its_mark_in_its_server_and_for_its_secret() {
        let known = users(SECRET, "here", &[("app", "1"), ("app_clone", "2")]);
        for user in ["app", "app_clone"] {
            assert!(known.has(user) && known.is_as_in(user, &known), "{user}");
        }
        let anew = users(SECRET, "here", &[("app", "1"), ("app_clone", "3")]);
        assert!(known.is_as_in("app", &anew) && !known.is_as_in("app_clone", &anew));
        for other in [
            users(SECRET, "elsewhere", &[("app", "1")]),
            users(&SECRET.replace("app", "web"), "here", &[("app", "1")]),
            users(SECRET, "here", &[]),
            Users::default(),
        ] {
            assert!(!known.is_as_in("app", &other) && !other.is_as_in("app", &known), "{other:?}");
        }
        assert!(!Users::default().is_as_in("app", &Users::default()), "that none knows it says nothing");
        assert!(!format!("{known:?}").contains("\"1\""), "no mark is kept as it is");
    }

    #[test]
    fn a_clone_that_is_being_made_is_that_of_one_version() {
        let request = |version: &str| {
            let version = version.repeat(32);
            serde_json::from_value(json!({"Step": "setSecret", "SecretId": SECRET, "ClientRequestToken": version}))
                .unwrap()
        };
        let making = users(SECRET, "here", &[]).making_for(&request("1"));
        assert!(making.is_made_for(&request("1")) && !making.is_made_for(&request("2")));
        assert!(!Users::default().is_made_for(&request("1")));
    }
}
