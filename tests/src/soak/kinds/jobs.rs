//! Jobs of a pipeline: each is answered once. One that met a fault is answered so, and the pipeline tries its stage again.

use std::cell::RefCell;
use std::collections::BTreeMap;

use local_aws::JobState;
use serde_json::{Value, json};

use crate::world::{AWS, REGION};

/// What a job is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was done.
    Done,
    /// What the pipeline sent is wrong.
    Refused,
}

/// The jobs of an account, each with what it is to be told.
pub struct Jobs {
    account: String,
    expected: RefCell<BTreeMap<String, Verdict>>,
}

impl Jobs {
    /// None yet.
    pub fn of(account: &str) -> Self {
        Self { account: account.to_owned(), expected: RefCell::default() }
    }

    /// The event as the job of this number, which is opened unless there is one.
    pub fn open(&self, mut event: Value, number: usize, verdict: Verdict) -> Value {
        let job = format!("{number:08}-abcd-0000-abcd-111111abcdef");
        self.open_as(&job, verdict);
        event["CodePipeline.job"]["id"] = json!(job);
        event
    }

    fn open_as(&self, job: &str, verdict: Verdict) {
        if AWS.job(&self.account, REGION, job).is_none() {
            AWS.open_job(&self.account, REGION, job);
            self.expected.borrow_mut().insert(job.to_owned(), verdict);
        }
    }

    /// The job that follows: what goes on is given again, with what it was answered, and a stage that failed by no fault of its artifact
    /// is tried again.
    pub fn follow(&self, event: &Value) -> Option<Value> {
        let job = event["CodePipeline.job"]["id"].as_str().unwrap();
        let token = match AWS.job(&self.account, REGION, job) {
            Some(JobState::Continued(token)) => json!(token),
            Some(JobState::Failed(kind, _)) if kind != "ConfigurationError" => Value::Null,
            _ => return None,
        };
        let (verdict, attempt) = (self.expected.borrow()[job], job[14..18].parse::<usize>().unwrap());
        let next = format!("{}{:04}{}", &job[..14], attempt + 1, &job[18..]);
        self.open_as(&next, verdict);
        let mut event = event.clone();
        event["CodePipeline.job"]["id"] = json!(next);
        event["CodePipeline.job"]["data"]["continuationToken"] = token;
        Some(event)
    }

    /// Asserts that each job was answered as the model says, or that another one follows it.
    pub fn check(&self) {
        for (job, expected) in self.expected.borrow().iter() {
            let state = AWS.job(&self.account, REGION, job).unwrap();
            let told = match &state {
                JobState::Succeeded(_) => Verdict::Done,
                JobState::Failed(kind, _) if kind == "ConfigurationError" => Verdict::Refused,
                JobState::Continued(_) | JobState::Failed(..) => continue,
                JobState::Open => panic!("{job} was not answered"),
            };
            assert_eq!(told, *expected, "{job}: {state:?}");
        }
    }
}
