//! The entry points, each with a compiled trial function behind the Runtime API: what callers get, whatever happens.

mod batches;
mod jobs;
mod requests;

use std::collections::BTreeMap;

use local_aws::lambda_api::{Function, LambdaApi, Outcome};
use serde_json::Value;

use crate::promises::binary::{INVOCATION, environment, start_function};
use crate::world::World;

/// The trial function behind one entry point.
struct Trial {
    world: World,
    api: LambdaApi,
    function: Function,
}

impl Trial {
    async fn start(entry_point: &str, settings: &[(&str, &str)]) -> Self {
        let world = World::new().await;
        let mut environment: BTreeMap<_, _> = environment(&world);
        environment.insert("TRIAL_ENTRY_POINT".into(), entry_point.into());
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let (api, function) = start_function("trial", &environment).await;
        Self { world, api, function }
    }

    /// What the Runtime API gets as the response.
    async fn respond(&self, event: &Value) -> Value {
        match self.api.invoke(event.to_string(), INVOCATION).await {
            Outcome::Response(body) => serde_json::from_slice(&body).unwrap(),
            other => panic!("expected a response, got {other:?}"),
        }
    }

    /// All that it has written, of which these are the lines with a report.
    async fn end(self) -> (String, Vec<Value>) {
        let output = self.function.end().await.unwrap();
        let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let lines = lines.filter(|line| line.get("report").is_some()).collect();
        (output, lines)
    }
}
