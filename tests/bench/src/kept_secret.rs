//! The AWS of whole rotations: a secret whose versions move on, the secret of its master, and the records of rotations.
//!
//! Of DynamoDB it knows what updates of those records say: `SET`, `ADD` and `DELETE` of single attributes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::Request;
use serde_json::{Map, Value, json};

use crate::canned::{ACCOUNT, Canned, OneImage, json as answer, json_error};
use crate::http::Answer;

/// The secret that is rotated.
pub const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf";
/// The secret of its master.
pub const MASTER: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:master-GhIjKl";
const RECORDS: &str = "signalbox-rotations";

/// The secrets and the records.
pub struct KeptSecret {
    master: Value,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    versions: Vec<Version>,
    passwords: u32,
    items: BTreeMap<String, Map<String, Value>>,
}

struct Version {
    id: String,
    value: Option<String>,
    stages: BTreeSet<String>,
}

impl KeptSecret {
    /// A secret with one version, and its master's.
    pub fn new(current: &Value, master: Value) -> Self {
        let stages = ["AWSCURRENT".to_owned()].into();
        let first = Version { id: version(0), value: Some(current.to_string()), stages };
        Self { master, state: Mutex::new(State { versions: vec![first], ..State::default() }) }
    }

    /// Begins a rotation, as Secrets Manager does: the event of each of its steps.
    pub fn begin(&self) -> impl Fn(&str) -> String + use<> {
        let mut state = self.state();
        let id = version(state.versions.len());
        state.label("AWSPENDING", None);
        state.versions.push(Version { id: id.clone(), value: None, stages: ["AWSPENDING".to_owned()].into() });
        move |step| json!({"Step": step, "SecretId": SECRET, "ClientRequestToken": id}).to_string()
    }

    /// Loses the table of the records.
    pub fn forget(&self) {
        self.state().items.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn value(&self, asked: &Value) -> Option<Value> {
        if asked["SecretId"] == MASTER {
            return Some(json!({"ARN": MASTER, "Name": "master", "SecretString": self.master.to_string()}));
        }
        let state = self.state();
        let is_it = |it: &&Version| match asked["VersionStage"].as_str() {
            Some(label) => it.stages.contains(label),
            None => asked["VersionId"] == it.id,
        };
        let found = state.versions.iter().find(is_it)?;
        Some(json!({"ARN": SECRET, "Name": "app", "VersionId": found.id, "SecretString": found.value.as_ref()?}))
    }
}

impl Canned for KeptSecret {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        let asked: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let said = match operation {
            "DescribeSecret" => self.state().describe(),
            "GetSecretValue" => match self.value(&asked) {
                Some(value) => value,
                None => return json_error("ResourceNotFoundException", "Secrets Manager can't find the value."),
            },
            "GetRandomPassword" => self.state().password(),
            "PutSecretValue" => self.state().put(&asked),
            "UpdateSecretVersionStage" => self.state().promote(&asked),
            "GetItem" if asked["TableName"] == RECORDS => self.state().item(&asked),
            "UpdateItem" if asked["TableName"] == RECORDS => self.state().update(&asked),
            _ => return OneImage.answer(operation, request),
        };
        answer(&said.to_string())
    }
}

impl State {
    fn describe(&self) -> Value {
        let labelled = self.versions.iter().filter(|it| !it.stages.is_empty());
        let stages: Map<_, _> = labelled.map(|it| (it.id.clone(), json!(it.stages))).collect();
        json!({
            "ARN": SECRET,
            "Name": "app",
            "RotationEnabled": true,
            "RotationLambdaARN": format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:rotate"),
            "RotationRules": {"AutomaticallyAfterDays": 30},
            "VersionIdsToStages": stages,
        })
    }

    fn password(&mut self) -> Value {
        self.passwords += 1;
        json!({"RandomPassword": format!("EXAMPLE-{:024}", self.passwords)})
    }

    fn put(&mut self, asked: &Value) -> Value {
        for version in self.versions.iter_mut().filter(|it| asked["ClientRequestToken"] == it.id) {
            version.value = asked["SecretString"].as_str().map(String::from);
        }
        json!({"ARN": SECRET, "Name": "app"})
    }

    fn promote(&mut self, asked: &Value) -> Value {
        let from = self.versions.iter().position(|it| it.stages.contains("AWSCURRENT"));
        self.label("AWSPREVIOUS", from);
        let to = self.versions.iter().position(|it| asked["MoveToVersionId"] == it.id);
        self.label("AWSCURRENT", to);
        json!({"ARN": SECRET, "Name": "app"})
    }

    /// Takes a label from the version that has it, and gives it to another one.
    fn label(&mut self, stage: &str, to: Option<usize>) {
        for (at, version) in self.versions.iter_mut().enumerate() {
            if Some(at) == to {
                version.stages.insert(stage.to_owned());
            } else {
                version.stages.remove(stage);
            }
        }
    }

    fn item(&self, asked: &Value) -> Value {
        let item = asked["Key"]["id"]["S"].as_str().and_then(|id| self.items.get(id));
        item.map_or_else(|| json!({}), |item| json!({"Item": item}))
    }

    fn update(&mut self, asked: &Value) -> Value {
        let id = asked["Key"]["id"]["S"].as_str().unwrap_or_default().to_owned();
        let item = self.items.entry(id).or_default();
        let expression = asked["UpdateExpression"].as_str().unwrap_or_default().replace([',', '(', ')', '='], " ");
        let (mut clause, mut name, mut is_first) = ("", String::new(), false);
        for word in expression.split_whitespace() {
            match word {
                "SET" | "ADD" | "DELETE" => clause = word,
                "if_not_exists" => is_first = true,
                _ if word.starts_with(':') => {
                    let value = &asked["ExpressionAttributeValues"][word];
                    if !std::mem::take(&mut is_first) || !item.contains_key(&name) {
                        let changed = changed(clause, item.get(&name), value);
                        item.insert(name.clone(), changed);
                    }
                }
                _ => asked["ExpressionAttributeNames"][word].as_str().unwrap_or(word).clone_into(&mut name),
            }
        }
        json!({})
    }
}

/// An attribute after one clause: set, or, of sets of texts, with some more or fewer in it.
fn changed(clause: &str, had: Option<&Value>, value: &Value) -> Value {
    let texts = |it: &Value| -> BTreeSet<String> {
        let all = it["SS"].as_array().into_iter().flatten();
        all.filter_map(|it| it.as_str().map(String::from)).collect()
    };
    let (had, given) = (had.map(texts).unwrap_or_default(), texts(value));
    match clause {
        "ADD" => json!({"SS": had.union(&given).collect::<Vec<_>>()}),
        "DELETE" => json!({"SS": had.difference(&given).collect::<Vec<_>>()}),
        _ => value.clone(),
    }
}

fn version(number: usize) -> String {
    format!("a1b2c3d4-5678-90ab-cdef-{number:012}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{KeptSecret, SECRET, State};

    #[test]
    fn labels_move_on_as_in_secrets_manager() {
        let kept = KeptSecret::new(&json!({"password": "first"}), json!({}));
        let event: serde_json::Value = serde_json::from_str(&kept.begin()("createSecret")).unwrap();
        let pending = event["ClientRequestToken"].clone();
        let ask = |stage: &str| kept.value(&json!({"SecretId": SECRET, "VersionStage": stage}));
        assert!(ask("AWSPENDING").is_none());
        kept.state().put(&json!({"ClientRequestToken": pending, "SecretString": "second"}));
        assert_eq!(ask("AWSPENDING").unwrap()["SecretString"], "second");
        kept.state().promote(&json!({"MoveToVersionId": pending}));
        assert_eq!(ask("AWSCURRENT").unwrap()["SecretString"], "second");
        assert_eq!(ask("AWSPREVIOUS").unwrap()["SecretString"], json!({"password": "first"}).to_string());
    }

    #[test]
    fn an_update_does_what_it_says() {
        let mut state = State::default();
        let mut update = |expression: &str, value: serde_json::Value| {
            state.update(&json!({
                "Key": {"id": {"S": "a"}}, "UpdateExpression": expression, "ExpressionAttributeNames": {"#what": "what"},
                "ExpressionAttributeValues": {":v": value, ":w": {"N": "9"}},
            }));
            state.items["a"]["what"].clone()
        };
        let texts = |all: &[&str]| json!({"SS": all});
        assert_eq!(update("ADD #what :v", texts(&["1", "2"])), texts(&["1", "2"]));
        assert_eq!(update("SET other = :w ADD #what :v", texts(&["3"])), texts(&["1", "2", "3"]));
        assert_eq!(update("DELETE #what :v", texts(&["1"])), texts(&["2", "3"]));
        assert_eq!(update("SET #what = if_not_exists(#what, :v), other = :w", json!({"N": "1"})), texts(&["2", "3"]));
        assert_eq!(update("SET #what = :v, other = :w", json!({"N": "1"})), json!({"N": "1"}));
    }
}
