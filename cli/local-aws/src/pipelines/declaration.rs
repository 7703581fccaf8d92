//! What a pipeline is declared to be, and whether `CodePipeline` would take it and the local AWS can play it.
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html>

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::variables;
use crate::refusals::Refusal;

/// The characters of `UserParameters`, at most.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html#action-requirements>
const USER_PARAMETERS: usize = 1_000;

/// A pipeline; a field that is not here is not played, and refused with its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Declaration {
    /// Its name.
    pub(super) name: String,
    /// The role in whose name the pipeline acts.
    pub(super) role_arn: String,
    /// Where artifacts lie.
    pub(super) artifact_store: Store,
    /// Its stages.
    pub(super) stages: Vec<Stage>,
    /// What becomes of an execution that another one follows.
    #[serde(default = "superseded")]
    pub(super) execution_mode: String,
    /// `V1` or `V2`, which differ in what a pipeline may say.
    #[serde(default = "v1")]
    pub(super) pipeline_type: String,
    /// Counted by `CodePipeline`, whatever a caller says.
    #[serde(default)]
    pub(super) version: u32,
}

/// The bucket of the artifacts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Store {
    /// `S3`.
    pub(super) r#type: String,
    /// The bucket.
    pub(super) location: String,
    /// The key that encrypts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) encryption_key: Option<EncryptionKey>,
}

/// A key of KMS.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EncryptionKey {
    /// Its ARN or id.
    pub(super) id: String,
    /// `KMS`.
    pub(super) r#type: String,
}

/// A stage, which one execution has at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Stage {
    /// Its name.
    pub(super) name: String,
    /// What is done in it.
    pub(super) actions: Vec<Action>,
}

/// An action.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Action {
    /// Its name.
    pub(super) name: String,
    /// What is done, and by which service.
    #[serde(rename = "actionTypeId")]
    pub(super) kind: Kind,
    /// Actions of one number run side by side.
    #[serde(default = "first")]
    pub(super) run_order: u32,
    /// What it is told.
    #[serde(default)]
    pub(super) configuration: BTreeMap<String, String>,
    /// The artifacts that it takes.
    #[serde(default)]
    pub(super) input_artifacts: Vec<Named>,
    /// The artifacts that it makes.
    #[serde(default)]
    pub(super) output_artifacts: Vec<Named>,
    /// By which name later actions find its variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    /// The role in whose name it is done, where that is not the pipeline's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role_arn: Option<String>,
}

/// A kind of actions.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Kind {
    category: String,
    owner: String,
    provider: String,
    version: String,
}

/// What has a name only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    /// The name.
    pub(super) name: String,
}

/// The kinds of actions that the local AWS plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Played {
    /// Takes an object of a bucket with versions as an artifact.
    S3Source,
    /// Invokes a function and waits until its job is answered.
    Invoke,
    /// Waits until a person approves or rejects.
    Approval,
    /// Gives a service of ECS the images that an artifact names.
    EcsDeploy,
    /// Gives a function the code that an artifact is.
    LambdaDeploy,
}

impl Kind {
    /// What it is here; none where the local AWS does not play it.
    fn played(&self) -> Option<Played> {
        match (self.category.as_str(), self.owner.as_str(), self.provider.as_str(), self.version.as_str()) {
            ("Source", "AWS", "S3", "1") => Some(Played::S3Source),
            ("Invoke", "AWS", "Lambda", "1") => Some(Played::Invoke),
            ("Approval", "AWS", "Manual", "1") => Some(Played::Approval),
            ("Deploy", "AWS", "ECS", "1") => Some(Played::EcsDeploy),
            ("Deploy", "AWS", "Lambda", "1") => Some(Played::LambdaDeploy),
            _ => None,
        }
    }
}

impl Action {
    /// What kind it is, in a pipeline that was [`Declaration::read`].
    pub(super) fn played(&self) -> Option<Played> {
        self.kind.played()
    }

    /// Whether `CodePipeline` looks for new versions of the object by itself, which it does unless it is told not to.
    pub(super) fn polls(&self, bucket: &str, key: &str) -> bool {
        let told = |name: &str| self.configuration.get(name).map(String::as_str);
        self.played() == Some(Played::S3Source)
            && (told("S3Bucket"), told("S3ObjectKey")) == (Some(bucket), Some(key))
            && told("PollForSourceChanges") != Some("false")
    }

    /// The names of what may be said of it: those that must, and those that may.
    fn fields(kind: Played) -> (&'static [&'static str], &'static [&'static str]) {
        match kind {
            Played::S3Source => {
                (&["S3Bucket", "S3ObjectKey"], &["AllowOverrideForS3ObjectKey", "PollForSourceChanges"])
            }
            Played::Invoke => (&["FunctionName"], &["UserParameters"]),
            Played::Approval => (&[], &["CustomData", "ExternalEntityLink"]),
            Played::EcsDeploy => (&["ClusterName", "ServiceName"], &["FileName"]),
            Played::LambdaDeploy => (&["FunctionName"], &["FunctionAlias"]),
        }
    }

    /// Whether each variable in it is one of an earlier action, by that action's namespace.
    fn check_variables(&self, stage: &Stage, known: &BTreeSet<&str>) -> Result<(), Refusal> {
        for (name, value) in &self.configuration {
            let strange = variables::named(value).into_iter().find(|it| !variables::is_played(it, known));
            if let Some(strange) = strange {
                let why = "no earlier action has such a variable, or the local AWS does not play it";
                return Err(action_refused(format!(
                    "action {} of stage {}: {name} has the variable {strange}: {why}",
                    self.name, stage.name
                )));
            }
        }
        Ok(())
    }

    /// Whether its counts of artifacts and its configuration are those of its kind.
    fn check(&self, stage: &Stage) -> Result<(), Refusal> {
        let place = format!("action {} of stage {}", self.name, stage.name);
        let refuse = |why: String| Err(action_refused(format!("{place}: {why}")));
        let Some(kind) = self.played() else {
            let Kind { category, owner, provider, version } = &self.kind;
            return refuse(format!("the local AWS plays no action {category}, {owner}, {provider}, version {version}"));
        };
        let (required, optional) = Self::fields(kind);
        if let Some(missing) = required.iter().find(|it| !self.configuration.contains_key(**it)) {
            return refuse(format!("Missing required configuration {missing}"));
        }
        let is_known = |name: &str| required.contains(&name) || optional.contains(&name);
        if let Some(unknown) = self.configuration.keys().find(|it| !is_known(it)) {
            return refuse(format!("Unknown configuration {unknown}, or the local AWS does not play it"));
        }
        let long = self.configuration.get("UserParameters").is_some_and(|it| it.chars().count() > USER_PARAMETERS);
        if long {
            return refuse(format!("UserParameters has more than {USER_PARAMETERS} characters"));
        }
        let (inputs, outputs) = (self.input_artifacts.len(), self.output_artifacts.len());
        let fits = match kind {
            Played::S3Source => (inputs, outputs) == (0, 1),
            Played::Invoke => inputs <= 5 && outputs == 0,
            Played::Approval => (inputs, outputs) == (0, 0),
            Played::EcsDeploy | Played::LambdaDeploy => (inputs, outputs) == (1, 0),
        };
        if fits { Ok(()) } else { refuse(format!("it may not have {inputs} input and {outputs} output artifacts")) }
    }
}

impl Declaration {
    /// The pipeline of a request, with its first version.
    ///
    /// Refused where `CodePipeline` would refuse it, and where the local AWS does not play it.
    pub(super) fn read(told: &Value) -> Result<Self, Refusal> {
        let read: Self = serde_json::from_value(told.clone()).map_err(|why| {
            structure_refused(format!("CodePipeline knows no such structure, or the local AWS does not play it: {why}"))
        })?;
        read.check().map(|()| Self { version: 1, ..read })
    }

    fn check(&self) -> Result<(), Refusal> {
        let refuse = |why: &str| Err(structure_refused(why));
        if self.stages.len() < 2 {
            return refuse("A pipeline has at least 2 stages");
        }
        if self.artifact_store.r#type != "S3" {
            return refuse("The type of an artifact store is S3");
        }
        match (self.pipeline_type.as_str(), self.execution_mode.as_str()) {
            ("V1" | "V2", "SUPERSEDED") | ("V2", "QUEUED") => {}
            ("V1", "QUEUED") => return refuse("The execution mode QUEUED requires a pipeline of type V2"),
            (_, mode) => return refuse(&format!("The local AWS plays no execution mode {mode}")),
        }
        let (mut stages, mut made) = (BTreeSet::new(), Made::default());
        for (number, stage) in self.stages.iter().enumerate() {
            if !stages.insert(&stage.name) {
                return refuse(&format!("Two stages have the name {}", stage.name));
            }
            stage.check(number == 0, &mut made)?;
        }
        Ok(())
    }

    /// The action of these names.
    pub(super) fn action(&self, stage: usize, name: &str) -> Option<&Action> {
        self.stages.get(stage)?.actions.iter().find(|it| it.name == name)
    }
}

/// What earlier actions make.
#[derive(Default)]
struct Made<'a> {
    artifacts: BTreeSet<&'a str>,
    namespaces: BTreeSet<&'a str>,
}

impl Stage {
    /// The first stage, and it alone, has sources. An artifact and a variable have to be made before they are taken.
    fn check<'a>(&'a self, is_first: bool, made: &mut Made<'a>) -> Result<(), Refusal> {
        let refuse = |why: String| {
            Err(Refusal::of_request("InvalidStageDeclarationException", format!("stage {}: {why}", self.name)))
        };
        if self.actions.is_empty() {
            return refuse("it has no action".into());
        }
        let mut names = BTreeSet::new();
        let mut in_order: Vec<_> = self.actions.iter().collect();
        in_order.sort_by_key(|it| it.run_order);
        for action in in_order {
            action.check(self)?;
            action.check_variables(self, &made.namespaces)?;
            if !names.insert(&action.name) {
                return refuse(format!("two actions have the name {}", action.name));
            }
            if (action.played() == Some(Played::S3Source)) != is_first {
                return refuse("the first stage has sources, and no other stage has one".into());
            }
            if let Some(unknown) = action.input_artifacts.iter().find(|it| !made.artifacts.contains(it.name.as_str())) {
                return refuse(format!("no earlier action makes the artifact {}", unknown.name));
            }
            made.artifacts.extend(action.output_artifacts.iter().map(|it| it.name.as_str()));
            let namespace = action.namespace.as_deref();
            if namespace.is_some_and(|it| !made.namespaces.insert(it)) {
                return refuse(format!("two actions have the namespace {}", namespace.unwrap_or_default()));
            }
        }
        Ok(())
    }
}

fn structure_refused(why: impl Into<String>) -> Refusal {
    Refusal::of_request("InvalidStructureException", why)
}

fn action_refused(why: String) -> Refusal {
    Refusal::of_request("InvalidActionDeclarationException", why)
}

fn superseded() -> String {
    "SUPERSEDED".into()
}

fn v1() -> String {
    "V1".into()
}

fn first() -> u32 {
    1
}
