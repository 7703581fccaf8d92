//! What the operations that read say of pipelines and executions.
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GetPipelineState.html>

use serde_json::{Map, Value, json};

use super::declaration::Stage;
use super::execution::{ActionRun, Execution, Pipeline, StageRun};

impl Pipeline {
    /// `GetPipeline`.
    pub(super) fn shown(&self, (account, region): (&str, &str)) -> Value {
        let arn = format!("arn:aws:codepipeline:{region}:{account}:{}", self.declared.name);
        json!({
            "pipeline": self.declared,
            "metadata": {"pipelineArn": arn, "created": self.created, "updated": self.updated},
        })
    }

    /// One line of `ListPipelines`.
    pub(super) fn summary(&self) -> Value {
        let declared = &self.declared;
        json!({
            "name": declared.name, "version": declared.version, "pipelineType": declared.pipeline_type,
            "executionMode": declared.execution_mode, "created": self.created, "updated": self.updated,
        })
    }

    /// `GetPipelineState`.
    pub(super) fn state(&self) -> Value {
        let stages = self.declared.stages.iter().zip(&self.stages);
        json!({
            "pipelineName": self.declared.name,
            "pipelineVersion": self.declared.version,
            "stageStates": stages.map(|(declared, run)| state_of_stage(declared, run)).collect::<Vec<_>>(),
            "created": self.created,
            "updated": self.updated,
        })
    }

    /// `GetPipelineExecution`.
    pub(super) fn shown_execution(&self, execution: &Execution) -> Value {
        let revisions = execution.artifacts.iter().map(|(name, it)| json!({"name": name, "revisionId": it.revision}));
        json!({"pipelineExecution": {
            "pipelineName": self.declared.name,
            "pipelineVersion": execution.version,
            "pipelineExecutionId": execution.id,
            "status": execution.status,
            "artifactRevisions": revisions.collect::<Vec<_>>(),
            "trigger": {"triggerType": execution.trigger.0, "triggerDetail": execution.trigger.1},
            "executionMode": self.declared.execution_mode,
            "executionType": "STANDARD",
        }})
    }

    /// `ListActionExecutions`, of the last run of each action: what it was told, with the values of its variables.
    /// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ListActionExecutions.html>
    pub(super) fn actions_listed(&self, execution: Option<&str>) -> Value {
        let stages = self.declared.stages.iter().zip(&self.stages);
        let runs = stages.flat_map(|(stage, run)| {
            let of_stage = stage.actions.iter().filter_map(|it| Some((it, run.actions.get(&it.name)?)));
            of_stage.map(move |(action, run)| (stage, action, run))
        });
        let wanted = runs.filter(|(.., run)| execution.is_none_or(|it| it == run.execution));
        let details = wanted.map(|(stage, action, run)| {
            let mut input = json!({"configuration": action.configuration, "resolvedConfiguration": run.configuration});
            if let Some(namespace) = &action.namespace {
                input["namespace"] = json!(namespace);
            }
            json!({
                "pipelineExecutionId": run.execution, "actionExecutionId": run.id, "stageName": stage.name,
                "actionName": action.name, "status": run.status, "startTime": run.began, "lastUpdateTime": run.changed,
                "input": input,
            })
        });
        json!({"actionExecutionDetails": details.collect::<Vec<_>>()})
    }

    /// `ListPipelineExecutions`: the newest first.
    pub(super) fn executions_listed(&self, most: usize) -> Value {
        let newest = self.executions.iter().rev().take(most).map(|it| self.summary_of(it));
        json!({"pipelineExecutionSummaries": newest.collect::<Vec<_>>()})
    }

    fn summary_of(&self, execution: &Execution) -> Value {
        let sources = self.declared.stages[0].actions.iter();
        let revisions = sources.filter_map(|source| {
            let artifact = execution.artifacts.get(&source.output_artifacts.first()?.name)?;
            Some(json!({"actionName": source.name, "revisionId": artifact.revision}))
        });
        json!({
            "pipelineExecutionId": execution.id,
            "status": execution.status,
            "startTime": execution.started,
            "lastUpdateTime": execution.changed,
            "sourceRevisions": revisions.collect::<Vec<_>>(),
            "trigger": {"triggerType": execution.trigger.0, "triggerDetail": execution.trigger.1},
            "executionMode": self.declared.execution_mode,
            "executionType": "STANDARD",
        })
    }
}

fn state_of_stage(declared: &Stage, run: &StageRun) -> Value {
    let actions = declared.actions.iter().map(|action| {
        let mut state = Map::from_iter([("actionName".to_owned(), json!(action.name))]);
        let Some(run) = run.actions.get(&action.name) else { return state };
        if let Some(revision) = &run.revision {
            let change = json!({"revisionId": revision, "revisionChangeId": revision, "created": run.changed});
            state.insert("currentRevision".into(), change);
        }
        state.insert("latestExecution".into(), shown_run(run));
        state
    });
    let mut state = json!({
        "stageName": declared.name,
        "inboundTransitionState": {"enabled": true},
        "actionStates": actions.collect::<Vec<_>>(),
    });
    let waiting: Vec<_> =
        run.inbound.iter().map(|id| json!({"pipelineExecutionId": id, "status": "InProgress"})).collect();
    if let Some(first) = waiting.first() {
        state["inboundExecution"] = first.clone();
        state["inboundExecutions"] = json!(waiting);
    }
    if let Some((id, status)) = &run.latest {
        state["latestExecution"] = json!({"pipelineExecutionId": id, "status": status, "type": "STANDARD"});
    }
    state
}

/// The token of an approval is shown while it is open.
fn shown_run(run: &ActionRun) -> Value {
    let mut shown = json!({"actionExecutionId": run.id, "status": run.status, "lastStatusChange": run.changed});
    let texts = [
        ("summary", &run.summary),
        ("externalExecutionId", &run.revision),
        ("lastUpdatedBy", &run.updated_by),
        ("token", &run.token.clone().filter(|_| run.status == "InProgress")),
    ]
    .map(|(name, it)| (name, it.clone()));
    for (name, text) in texts.into_iter().filter_map(|(name, it)| Some((name, it?))) {
        shown[name] = json!(text);
    }
    if let Some((code, message)) = &run.error {
        shown["errorDetails"] = json!({"code": code, "message": message});
    }
    shown
}
