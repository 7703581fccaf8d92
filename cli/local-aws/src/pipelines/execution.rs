//! How executions go through the stages of a pipeline: what has to be done next is a value, and what became of it is told.
//!
//! One execution has a stage at a time. Where the next stage is not free, the execution waits before it: in `SUPERSEDED` mode only
//! the newest does, and in `QUEUED` mode all do, in their order.
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html>

use std::collections::{BTreeMap, VecDeque};

use uuid::Uuid;

use super::declaration::{Action, Declaration, Played};
use super::variables::{self, Variables};

/// What started an execution, and in which words.
pub(super) type Trigger = (&'static str, String);

/// A pipeline, and what goes on in it.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// As it was declared.
    pub(super) declared: Declaration,
    /// When it was made and changed.
    pub(super) created: f64,
    pub(super) updated: f64,
    /// Oldest first.
    pub(super) executions: Vec<Execution>,
    /// As many as were declared.
    pub(super) stages: Vec<StageRun>,
}

/// One way of a revision through the stages.
#[derive(Clone, Debug)]
pub(super) struct Execution {
    /// Its id.
    pub(super) id: String,
    /// The version of the pipeline.
    pub(super) version: u32,
    /// What started it.
    pub(super) trigger: Trigger,
    /// The version of an object that a source takes instead of the newest, by the name of the action.
    pub(super) overrides: BTreeMap<String, String>,
    /// `InProgress`, `Succeeded`, `Failed`, `Superseded` or `Cancelled`.
    pub(super) status: &'static str,
    /// When it began and changed.
    pub(super) started: f64,
    pub(super) changed: f64,
    /// What its actions have made so far, by name.
    pub(super) artifacts: BTreeMap<String, Artifact>,
    /// What its sources have said of their objects.
    pub(super) variables: Variables,
}

/// Where an artifact lies, and which revision of a source it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Artifact {
    /// The bucket and the key.
    pub(super) bucket: String,
    pub(super) key: String,
    /// The version of the source's object, and the hash of what it holds.
    pub(super) revision: String,
    pub(super) etag: String,
}

/// A stage: the execution in it or that was in it last, those that wait, and the last run of each action.
#[derive(Debug, Default)]
pub(super) struct StageRun {
    /// The execution and its status in this stage.
    pub(super) latest: Option<(String, &'static str)>,
    /// The executions that wait for this stage.
    pub(super) inbound: VecDeque<String>,
    /// By the name of the action.
    pub(super) actions: BTreeMap<String, ActionRun>,
}

/// One run of an action.
#[derive(Clone, Debug)]
pub(super) struct ActionRun {
    /// Its id.
    pub(super) id: String,
    /// The execution that it is of.
    pub(super) execution: String,
    /// What the action is told, with the values of its variables.
    pub(super) configuration: BTreeMap<String, String>,
    /// `InProgress`, `Succeeded` or `Failed`.
    pub(super) status: &'static str,
    /// When it began and changed.
    pub(super) began: f64,
    pub(super) changed: f64,
    /// What a person has to show to approve or reject.
    pub(super) token: Option<String>,
    /// What was said of it at its end.
    pub(super) summary: Option<String>,
    /// Why it failed: a code and a message.
    pub(super) error: Option<(String, String)>,
    /// The revision that a source took.
    pub(super) revision: Option<String>,
    /// Who approved or rejected.
    pub(super) updated_by: Option<String>,
}

/// Which run of which action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// The pipeline's account, region and name.
    pub(super) account: String,
    pub(super) region: String,
    pub(super) pipeline: String,
    /// The stage, the action in it, and the run's id.
    pub(super) stage: usize,
    pub(super) action: String,
    pub(super) id: String,
}

/// What has to be done, with everything that it needs.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(super) turn: Turn,
    pub(super) declared: Declaration,
    pub(super) action: Action,
    /// The artifacts that the action takes.
    pub(super) inputs: Vec<(String, Artifact)>,
    /// The version of the object that a source takes; the newest where there is none.
    pub(super) version: Option<String>,
    /// What the function said last, where its job goes on.
    pub(super) continuation: Option<String>,
}

/// How a run of an action ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// With a summary, and with the artifact that it made.
    Succeeded { summary: Option<String>, made: Option<Artifact> },
    /// With a code and a message.
    Failed(String, String),
}

impl Pipeline {
    /// One that was just declared.
    pub(super) fn new(declared: Declaration, now: f64) -> Self {
        let stages = declared.stages.iter().map(|_| StageRun::default()).collect();
        Self { declared, created: now, updated: now, executions: Vec::new(), stages }
    }

    /// Declares it anew. What goes on ends.
    pub(super) fn update(&mut self, declared: Declaration, now: f64) {
        let version = self.declared.version + 1;
        for execution in self.executions.iter_mut().filter(|it| it.status == "InProgress") {
            (execution.status, execution.changed) = ("Cancelled", now);
        }
        self.stages = declared.stages.iter().map(|_| StageRun::default()).collect();
        (self.declared, self.updated) = (Declaration { version, ..declared }, now);
    }

    /// Starts an execution: its id.
    pub(super) fn start(&mut self, trigger: Trigger, overrides: BTreeMap<String, String>, now: f64) -> String {
        let id = Uuid::new_v4().to_string();
        self.executions.push(Execution {
            id: id.clone(),
            version: self.declared.version,
            trigger,
            overrides,
            status: "InProgress",
            started: now,
            changed: now,
            artifacts: BTreeMap::new(),
            variables: Variables::new(),
        });
        self.wait_for(0, id.clone(), now);
        id
    }

    /// The execution of this id.
    pub(super) fn execution(&self, id: &str) -> Option<&Execution> {
        self.executions.iter().find(|it| it.id == id)
    }

    fn set(&mut self, id: &str, status: &'static str, now: f64) {
        if let Some(execution) = self.executions.iter_mut().find(|it| it.id == id) {
            (execution.status, execution.changed) = (status, now);
        }
    }

    /// Has the execution wait for a stage. In `SUPERSEDED` mode it takes the place of one that waits already.
    fn wait_for(&mut self, stage: usize, id: String, now: f64) {
        if self.declared.execution_mode == "SUPERSEDED" {
            for older in std::mem::take(&mut self.stages[stage].inbound) {
                self.set(&older, "Superseded", now);
            }
        }
        self.stages[stage].inbound.push_back(id);
    }

    /// Keeps what became of a run that is still in progress; of another one, nothing.
    pub(super) fn end(&mut self, turn: &Turn, ended: Ended, now: f64) {
        let Some(run) = self.run_mut(turn).filter(|it| it.status == "InProgress") else { return };
        run.changed = now;
        let made = match ended {
            Ended::Failed(code, message) => {
                (run.status, run.error) = ("Failed", Some((code, message)));
                None
            }
            Ended::Succeeded { summary, made } => {
                (run.status, run.summary) = ("Succeeded", summary);
                run.revision = made.as_ref().map(|it| it.revision.clone());
                made
            }
        };
        let id = run.execution.clone();
        let declared = self.declared.action(turn.stage, &turn.action);
        let output = declared.and_then(|it| it.output_artifacts.first()).map(|it| it.name.clone());
        let namespace = declared.and_then(|it| it.namespace.clone());
        if let Some(execution) = self.executions.iter_mut().find(|it| it.id == id) {
            execution.changed = now;
            if let (Some(namespace), Some(made)) = (namespace, &made) {
                let values = [(variables::VERSION, &made.revision), (variables::ETAG, &made.etag)];
                let values = values.map(|(name, value)| (format!("{namespace}.{name}"), value.clone()));
                execution.variables.extend(values);
            }
            execution.artifacts.extend(output.zip(made));
        }
    }

    /// The run, where it is the last one of its action.
    pub(super) fn run_mut(&mut self, turn: &Turn) -> Option<&mut ActionRun> {
        self.stages.get_mut(turn.stage)?.actions.get_mut(&turn.action).filter(|it| it.id == turn.id)
    }

    /// Brings every execution as far as it gets: what has to be done now.
    pub(super) fn advance(&mut self, place: (&str, &str), now: f64) -> Vec<Work> {
        let mut work = Vec::new();
        loop {
            for stage in (0..self.stages.len()).rev() {
                self.let_in(stage);
                let begun = self.step(stage, now);
                work.extend(begun.iter().filter_map(|(action, id)| self.work(stage, action, id, place)));
            }
            // An execution that left a stage frees it, and waits before the next one.
            if !(0..self.stages.len()).any(|it| self.could_let_in(it)) {
                return work;
            }
        }
    }

    fn could_let_in(&self, stage: usize) -> bool {
        let it = &self.stages[stage];
        !it.inbound.is_empty() && it.latest.as_ref().is_none_or(|(_, status)| *status != "InProgress")
    }

    /// Takes in the first execution that waits, where the stage is free.
    fn let_in(&mut self, stage: usize) {
        if self.could_let_in(stage) {
            let it = &mut self.stages[stage];
            it.latest = it.inbound.pop_front().map(|id| (id, "InProgress"));
        }
    }

    /// Begins the next actions of the execution in a stage, or ends its stay there: the runs that began.
    fn step(&mut self, stage: usize, now: f64) -> Vec<(String, String)> {
        let Some((id, "InProgress")) = self.stages[stage].latest.clone() else { return Vec::new() };
        let mut actions = self.declared.stages[stage].actions.clone();
        actions.sort_by_key(|it| it.run_order);
        let status = |it: &Self, name: &str| {
            it.stages[stage].actions.get(name).filter(|run| run.execution == id).map(|run| run.status)
        };
        let next = actions.iter().find(|it| status(self, &it.name) != Some("Succeeded")).map(|it| it.run_order);
        let Some(next) = next else {
            self.leave(stage, &id, now);
            return Vec::new();
        };
        let group: Vec<_> = actions.into_iter().filter(|it| it.run_order == next).collect();
        let of_group: Vec<_> = group.iter().map(|it| status(self, &it.name)).collect();
        if of_group.contains(&Some("Failed")) && !of_group.contains(&Some("InProgress")) {
            self.stages[stage].latest = Some((id.clone(), "Failed"));
            self.set(&id, "Failed", now);
        }
        let begins = group.iter().zip(of_group).filter(|(_, status)| status.is_none());
        begins.map(|(action, _)| (action.name.clone(), self.begin(stage, action, &id, now))).collect()
    }

    fn begin(&mut self, stage: usize, action: &Action, execution: &str, now: f64) -> String {
        let id = Uuid::new_v4().to_string();
        let token = (action.played() == Some(Played::Approval)).then(|| Uuid::new_v4().to_string());
        let values = self.execution(execution).map(|it| it.variables.clone()).unwrap_or_default();
        let run = ActionRun {
            id: id.clone(),
            execution: execution.to_owned(),
            configuration: variables::resolved(&action.configuration, &values),
            status: "InProgress",
            began: now,
            changed: now,
            token,
            summary: None,
            error: None,
            revision: None,
            updated_by: None,
        };
        self.stages[stage].actions.insert(action.name.clone(), run);
        id
    }

    /// The execution has done everything in a stage.
    fn leave(&mut self, stage: usize, id: &str, now: f64) {
        self.stages[stage].latest = Some((id.to_owned(), "Succeeded"));
        if stage + 1 == self.stages.len() {
            self.set(id, "Succeeded", now);
        } else {
            self.wait_for(stage + 1, id.to_owned(), now);
        }
    }

    /// What a run that began has to do; an approval waits.
    fn work(&self, stage: usize, action: &str, id: &str, (account, region): (&str, &str)) -> Option<Work> {
        let declared = self.declared.action(stage, action)?;
        if declared.played() == Some(Played::Approval) {
            return None;
        }
        let run = self.stages[stage].actions.get(action)?;
        let execution = self.execution(&run.execution)?;
        let inputs = declared.input_artifacts.iter();
        let inputs = inputs.filter_map(|it| Some((it.name.clone(), execution.artifacts.get(&it.name)?.clone())));
        let [account, region, id, name] = [account, region, id, action].map(String::from);
        let turn = Turn { account, region, pipeline: self.declared.name.clone(), stage, action: name, id };
        Some(Work {
            turn,
            declared: self.declared.clone(),
            action: Action { configuration: run.configuration.clone(), ..declared.clone() },
            inputs: inputs.collect(),
            version: execution.overrides.get(action).cloned(),
            continuation: None,
        })
    }
}
