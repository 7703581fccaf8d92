//! `CodePipeline`, as far as a pipeline with a source in S3, functions, approvals, and deployments to ECS and Lambda needs it.
//!
//! It is a stand-in: moto says of each execution that it succeeded at once, and looks for roles where this AWS has none; ministack has
//! no `CodePipeline`. Executions, jobs and approvals are played here. What a pipeline does, it does by calls to this endpoint in the name
//! of its roles (`acting.rs`), so that IAM judges them, faults meet them, and tests see them. Not played, and refused by name: other
//! actions, variables but for those of sources, triggers on git, conditions, `PARALLEL`, artifact stores in several regions. Nothing here waits for a time: no
//! action times out, and where AWS polls a source, the new version of the object itself starts the pipeline.
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/Welcome.html>

mod acting;
mod declaration;
mod deploying;
mod execution;
mod jobs;
mod sessions;
mod shown;
mod variables;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::Notify;

pub(crate) use acting::{carry_out, role_refused};
use declaration::Declaration;
pub(crate) use execution::Work;
use execution::{Ended, Pipeline, Trigger, Turn};
pub use jobs::JobState;
use jobs::Jobs;

use crate::calls::Call;
use crate::refusals::Refusal;
use crate::supervisor::Servers;

/// How EventBridge calls itself when it starts a pipeline; the ARN of the rule follows.
const EVENTBRIDGE: &str = "events.amazonaws.com ";

/// The characters of an approval's summary, at most.
const APPROVAL: usize = 512;

/// An answer's body, or why there is none, and what has to be done then.
type Outcome = Result<(Value, Vec<Work>), Refusal>;

/// The pipelines and jobs of all accounts.
#[derive(Debug)]
pub(crate) struct Pipelines {
    book: Mutex<Book>,
    /// Notified of each change, by account.
    changes: Mutex<HashMap<String, Arc<Notify>>>,
    /// What IAM is asked.
    servers: Servers,
    /// The endpoint, which pipelines call in the name of their roles.
    endpoint: SocketAddr,
}

/// Pipelines by account, region and name.
#[derive(Debug, Default)]
struct Book {
    pipelines: BTreeMap<(String, String, String), Pipeline>,
    jobs: Jobs,
}

impl Pipelines {
    /// None yet, behind this endpoint.
    pub(crate) fn new(servers: Servers, endpoint: SocketAddr) -> Arc<Self> {
        Arc::new(Self { book: Mutex::default(), changes: Mutex::default(), servers, endpoint })
    }

    /// Answers a call; the work is to be carried out then.
    pub(crate) fn answer(&self, call: &Call, body: &[u8]) -> Outcome {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        let outcome = self.book().answer(call, &told);
        if !["Get", "List"].iter().any(|it| call.operation.starts_with(it)) {
            self.changed(&call.account);
        }
        outcome
    }

    /// Opens a job of no pipeline.
    pub(crate) fn open_job(&self, place: (&str, &str), id: &str) {
        self.book().jobs.open(place, id, None);
    }

    /// What became of a job; `None` where there is none.
    pub(crate) fn job(&self, place: (&str, &str), id: &str) -> Option<JobState> {
        self.book().jobs.state(place, id)
    }

    /// What is notified when something changes in the pipelines of this account.
    pub(crate) fn changes_of(&self, account: &str) -> Arc<Notify> {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(changes.entry(account.to_owned()).or_default())
    }

    /// Starts the pipelines that poll this object, of which there is a new version.
    pub(crate) fn poll(&self, bucket: &str, key: &str) -> Vec<Work> {
        let mut work = Vec::new();
        let mut changed = Vec::new();
        for ((account, region, _), pipeline) in &mut self.book().pipelines {
            let sources = pipeline.declared.stages[0].actions.iter().filter(|it| it.polls(bucket, key));
            let names: Vec<_> = sources.map(|it| it.name.clone()).collect();
            for name in names {
                changed.push(account.clone());
                pipeline.start(("PollForSourceChanges", name), BTreeMap::new(), now());
                work.extend(pipeline.advance((account, region), now()));
            }
        }
        for account in changed {
            self.changed(&account);
        }
        work
    }

    /// Keeps how a run ended: what has to be done then.
    fn end(&self, turn: &Turn, ended: Ended) -> Vec<Work> {
        let work = self.book().end(turn, ended);
        self.changed(&turn.account);
        work
    }

    fn changed(&self, account: &str) {
        self.changes_of(account).notify_waiters();
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn answer(&mut self, call: &Call, told: &Value) -> Outcome {
        match call.operation.as_str() {
            "CreatePipeline" => self.create(call, told),
            "UpdatePipeline" => self.update(call, told),
            "DeletePipeline" => {
                self.pipelines.remove(&place(call, told["name"].as_str().unwrap_or_default()));
                done(json!({}))
            }
            "ListPipelines" => {
                let own = self
                    .pipelines
                    .iter()
                    .filter(|((account, region, _), _)| (account, region) == (&call.account, &call.region));
                done(json!({"pipelines": own.map(|(_, it)| it.summary()).collect::<Vec<_>>()}))
            }
            "GetPipeline" => done(self.find(call, &told["name"])?.shown((&call.account, &call.region))),
            "GetPipelineState" => done(self.find(call, &told["name"])?.state()),
            "GetPipelineExecution" => self.execution(call, told),
            "ListPipelineExecutions" => {
                let most = told["maxResults"].as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or(100);
                done(self.find(call, &told["pipelineName"])?.executions_listed(most))
            }
            "ListActionExecutions" => {
                let execution = told["filter"]["pipelineExecutionId"].as_str();
                done(self.find(call, &told["pipelineName"])?.actions_listed(execution))
            }
            "StartPipelineExecution" => self.start(call, told),
            "PutApprovalResult" => self.approve(call, told),
            "PutJobSuccessResult" | "PutJobFailureResult" => self.answer_job(call, told),
            other => Err(Refusal::of_request(
                "UnknownOperationException",
                format!("the local AWS does not play {other} of CodePipeline"),
            )),
        }
    }

    fn find(&mut self, call: &Call, name: &Value) -> Result<&mut Pipeline, Refusal> {
        let name = name.as_str().unwrap_or_default();
        self.pipelines.get_mut(&place(call, name)).ok_or_else(|| {
            let why = format!("Account '{}' does not have a pipeline with name '{name}'", call.account);
            Refusal::of_request("PipelineNotFoundException", why)
        })
    }

    /// AWS starts a pipeline once it is made.
    fn create(&mut self, call: &Call, told: &Value) -> Outcome {
        let declared = Declaration::read(&told["pipeline"])?;
        let place = place(call, &declared.name);
        if self.pipelines.contains_key(&place) {
            let why = format!("A pipeline with the name '{}' already exists in account '{}'", place.2, call.account);
            return Err(Refusal::of_request("PipelineNameInUseException", why));
        }
        let mut pipeline = Pipeline::new(declared, now());
        pipeline.start(("CreatePipeline", call.account.clone()), BTreeMap::new(), now());
        let work = pipeline.advance((&call.account, &call.region), now());
        let answer =
            json!({"pipeline": pipeline.declared, "tags": told["tags"].as_array().cloned().unwrap_or_default()});
        self.pipelines.insert(place, pipeline);
        Ok((answer, work))
    }

    fn update(&mut self, call: &Call, told: &Value) -> Outcome {
        let declared = Declaration::read(&told["pipeline"])?;
        let pipeline = self.find(call, &told["pipeline"]["name"])?;
        pipeline.update(declared, now());
        done(json!({"pipeline": pipeline.declared}))
    }

    fn start(&mut self, call: &Call, told: &Value) -> Outcome {
        let pipeline = self.find(call, &told["name"])?;
        let mut overrides = BTreeMap::new();
        for it in told["sourceRevisions"].as_array().into_iter().flatten() {
            if it["revisionType"] != "S3_OBJECT_VERSION_ID" {
                let why = format!("the local AWS plays no revision of type {}", it["revisionType"]);
                return Err(Refusal::of_request("ValidationException", why));
            }
            let [name, value] = ["actionName", "revisionValue"].map(|field| it[field].as_str().unwrap_or_default());
            overrides.insert(name.to_owned(), value.to_owned());
        }
        let id = pipeline.start(trigger(call), overrides, now());
        let work = pipeline.advance((&call.account, &call.region), now());
        Ok((json!({"pipelineExecutionId": id}), work))
    }

    fn execution(&mut self, call: &Call, told: &Value) -> Outcome {
        let pipeline = self.find(call, &told["pipelineName"])?;
        let id = told["pipelineExecutionId"].as_str().unwrap_or_default();
        let Some(execution) = pipeline.execution(id) else {
            let why = format!("The pipeline '{}' has no execution '{id}'", pipeline.declared.name);
            return Err(Refusal::of_request("PipelineExecutionNotFoundException", why));
        };
        done(pipeline.shown_execution(execution))
    }

    /// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutApprovalResult.html>
    fn approve(&mut self, call: &Call, told: &Value) -> Outcome {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (status, summary) = (text(&told["result"]["status"]), text(&told["result"]["summary"]));
        let place = (call.account.as_str(), call.region.as_str());
        let pipeline = self.find(call, &told["pipelineName"])?;
        let (stage, action) = (text(&told["stageName"]), text(&told["actionName"]));
        let Some(number) = pipeline.declared.stages.iter().position(|it| it.name == stage) else {
            return Err(Refusal::of_request("StageNotFoundException", format!("no stage {stage}")));
        };
        let Some(run) = pipeline.stages[number].actions.get_mut(&action) else {
            return Err(Refusal::of_request("ActionNotFoundException", format!("no action {action} waits for anyone")));
        };
        if run.token.as_deref() != told["token"].as_str() || run.token.is_none() {
            let why = "The approval request already received a response or has expired.";
            return Err(Refusal::of_request("InvalidApprovalTokenException", why));
        }
        if run.status != "InProgress" {
            let why = "The approval action has already been approved or rejected.";
            return Err(Refusal::of_request("ApprovalAlreadyCompletedException", why));
        }
        let ended = match status.as_str() {
            _ if summary.chars().count() > APPROVAL => return Err(refused_text("summary", APPROVAL)),
            "Approved" => Ended::Succeeded { summary: Some(summary), made: None },
            "Rejected" => Ended::Failed("Rejected".into(), summary),
            _ => return Err(Refusal::of_request("ValidationException", "result.status is Approved or Rejected")),
        };
        run.updated_by = Some(call.access_key.clone());
        let id = run.id.clone();
        let turn = Turn {
            account: call.account.clone(),
            region: call.region.clone(),
            pipeline: pipeline.declared.name.clone(),
            stage: number,
            action,
            id,
        };
        pipeline.end(&turn, ended, now());
        Ok((json!({"approvedAt": now()}), pipeline.advance(place, now())))
    }

    fn answer_job(&mut self, call: &Call, told: &Value) -> Outcome {
        match self.jobs.answer(call, told)? {
            None => done(json!({})),
            Some((work, None)) => Ok((json!({}), vec![work])),
            Some((work, Some(ended))) => Ok((json!({}), self.end(&work.turn, ended))),
        }
    }

    fn end(&mut self, turn: &Turn, ended: Ended) -> Vec<Work> {
        let place = (turn.account.clone(), turn.region.clone(), turn.pipeline.clone());
        let Some(pipeline) = self.pipelines.get_mut(&place) else { return Vec::new() };
        pipeline.end(turn, ended, now());
        pipeline.advance((&turn.account, &turn.region), now())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "each operation ends with an outcome")]
fn done(answer: Value) -> Outcome {
    Ok((answer, Vec::new()))
}

fn place(call: &Call, name: &str) -> (String, String, String) {
    (call.account.clone(), call.region.clone(), name.to_owned())
}

/// What started an execution: a rule of EventBridge, or whoever called.
fn trigger(call: &Call) -> Trigger {
    match call.user_agent.strip_prefix(EVENTBRIDGE) {
        Some(rule) => ("CloudWatchEvent", rule.to_owned()),
        None => ("StartPipelineExecution", call.access_key.clone()),
    }
}

fn refused_text(field: &str, most: usize) -> Refusal {
    Refusal::of_request("ValidationException", format!("{field} may have {most} characters"))
}

/// Seconds since 1970, as `CodePipeline` tells times.
#[expect(clippy::disallowed_methods, reason = "what AWS says has the time of day")]
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
