//! The deployed functions of a soak: what is handed to them, which faults they meet, and what their failure queues keep.

use std::collections::BTreeMap;

use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::Client as Sqs;
use futures_util::future::join_all;
use local_aws::deploy::Deployment;
use local_aws::{Fault, FaultKind};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use super::kind::Kind;
use super::mix::{Chance, Delivery};
use crate::templates::Template;
use crate::templates::deployed::{ONE_AT_A_TIME, packaged, patient, stack};
use crate::world::AWS;

/// How often the failure queues are looked into, a second each time: Lambda tries what cannot be read three times.
const LOOKS: usize = 600;

/// How many in a hundred of the calls that are reckoned meet a fault: sweeps and later attempts make as many again, of which none does.
const RECKONED: usize = 2;

/// What became of an event.
pub struct Delivered {
    /// The function.
    pub function: &'static str,
    /// The outcome of the last report; `poison` of what cannot be read.
    pub outcome: String,
    /// How often an invocation failed, and came again.
    pub failures: usize,
    /// How many events it led to, itself among them.
    pub events: usize,
}

/// The functions of one kind.
pub struct Functions {
    function: &'static str,
    lambda: Lambda,
    sqs: Sqs,
    /// The failure queue, where it keeps events that failed.
    queue: Option<String>,
    /// As many invocations as the template allows.
    turns: Semaphore,
    /// A lock of each thing, where events about one come one after the other.
    locks: Vec<Mutex<()>>,
}

/// Everything that is deployed.
pub struct Hub {
    /// Of each kind.
    pub kinds: Vec<(Box<dyn Kind>, Functions)>,
    /// How many calls each account had seen before.
    before: BTreeMap<String, usize>,
    _alone: MutexGuard<'static, ()>,
}

impl Hub {
    /// Deploys the functions of these kinds.
    pub async fn deploy(kinds: Vec<Box<dyn Kind>>) -> Self {
        let alone = ONE_AT_A_TIME.lock().await;
        let mut hub = Self { kinds: Vec::new(), before: BTreeMap::new(), _alone: alone };
        for kind in kinds {
            let functions = Functions::deploy(kind.as_ref()).await;
            hub.kinds.push((kind, functions));
        }
        hub.before = hub.accounts().into_iter().map(|it| (it.clone(), AWS.count(&it))).collect();
        hub
    }

    /// Every account that a function calls.
    pub fn accounts(&self) -> Vec<String> {
        let own = self.kinds.iter().map(|(kind, _)| kind.world().account.clone());
        let mut accounts: Vec<_> = own.chain(self.kinds.iter().flat_map(|(kind, _)| kind.members())).collect();
        accounts.sort();
        accounts.dedup();
        accounts
    }

    /// Lets one in a hundred of the functions' next calls meet a fault, of so many events.
    pub fn inject_faults(&self, events: usize, seed: u64) {
        let mut chance = Chance(!seed);
        for (kind, _) in &self.kinds {
            let accounts: Vec<_> = kind.members().into_iter().chain([kind.world().account.clone()]).collect();
            for (service, operation, calls_of_each) in kind.calls() {
                for nth in 1..=events * calls_of_each / self.kinds.len() {
                    if !chance.percent(RECKONED) {
                        continue;
                    }
                    let what = [FaultKind::Throttle, FaultKind::ServerError, FaultKind::Reset][chance.below(3)].clone();
                    for account in &accounts {
                        let (service, operation) = (Some((*service).to_owned()), operation.map(String::from));
                        AWS.inject(&Fault { service, operation, nth, ..Fault::new(account, what.clone()) });
                    }
                }
            }
        }
    }

    /// No fault is met any more.
    pub fn clear_faults(&self) {
        self.accounts().iter().for_each(|account| AWS.clear_faults(account));
    }

    /// How many calls the functions made, and how many of them met a fault.
    pub fn calls_and_faults(&self) -> (usize, usize) {
        let calls = self.before.iter().map(|(account, before)| AWS.calls_since(account, *before));
        calls.fold((0, 0), |(all, faults), calls| {
            (all + calls.len(), faults + calls.iter().filter(|call| call.fault.is_some()).count())
        })
    }

    /// Hands an event over, and what follows it. What can be read comes again until it is worked on, as Lambda's retries and a redrive
    /// would; what cannot be read is left to Lambda, which tries it and keeps it.
    pub async fn deliver(&self, Delivery { kind, thing, number, poison }: &Delivery) -> Delivered {
        let (kind, functions) = &self.kinds[*kind];
        let lock = functions.locks.get(*thing);
        let _alone = if let Some(lock) = lock { Some(lock.lock().await) } else { None };
        let _turn = functions.turns.acquire().await.unwrap();
        let mut delivered =
            Delivered { function: functions.function, outcome: "poison".into(), failures: 0, events: 1 };
        if let Some(name) = poison {
            match kind.send_poison(name) {
                Some(sent) => sent.await,
                None => functions.poison(kind.as_ref(), &kind.poison(*thing, *number, name).await).await,
            }
            return delivered;
        }
        let mut event = kind.event(*thing, *number).await;
        loop {
            let (report, failures) = functions.ask_until_done(&event).await;
            delivered.failures += failures;
            delivered.outcome = report["outcome"].as_str().map_or_else(|| report.to_string(), String::from);
            let Some(next) = kind.follow(&event, &report) else { return delivered };
            delivered.events += 1;
            assert!(delivered.events < 1_000, "{event} goes on and on: {report}");
            event = next;
        }
    }

    /// Asserts that each of these, and no other, waits in a failure queue, once. They are taken out. A function whose caller waits has no
    /// such queue: [`Functions::poison`] asserts that the caller is told.
    pub async fn assert_poison_is_kept_once(&self, deliveries: &[Delivery]) {
        let is_kept = |it: &&Delivery| self.kinds[it.kind].1.queue.is_some();
        let mut poison: Vec<_> = deliveries.iter().filter(is_kept).filter_map(|it| it.poison.clone()).collect();
        let mut kept: Vec<String> = Vec::new();
        for _ in 0..LOOKS {
            let taken = join_all(self.kinds.iter().map(|(_, functions)| functions.take_what_is_kept())).await;
            kept.extend(taken.into_iter().flatten());
            if kept.len() >= poison.len() {
                break;
            }
        }
        kept.sort();
        poison.sort();
        assert_eq!(kept, poison);
    }
}

impl Functions {
    async fn deploy(kind: &dyn Kind) -> Self {
        let (function, world) = (kind.function(), kind.world());
        let config = patient(world);
        let (lambda, sqs, deployment) = (Lambda::new(&config), Sqs::new(&config), Deployment::new(&config));
        let (bucket, key) = (format!("code-{}", world.account), format!("{function}.zip"));
        deployment.upload(&bucket, &key, packaged(function).await).await.unwrap();
        let own = kind.parameters();
        // Lambda would let events wait, where more come at once than the template allows; here they wait for their turn.
        let usual = [
            ("Mode", "Apply"),
            ("ReservedConcurrency", ""),
            ("CodeBucket", bucket.as_str()),
            ("CodeKey", key.as_str()),
        ];
        let known = Template::read(function).json;
        let given = usual.into_iter().filter(|(name, _)| known["Parameters"].get(name).is_some());
        let given: Vec<_> = given.chain(own.iter().map(|(name, value)| (name.as_str(), value.as_str()))).collect();
        let outputs = deployment.apply(&stack(&format!("signalbox-{function}"), function, &given)).await.unwrap();
        kind.deployed(&outputs).await;
        let keeps =
            |it: &Value| ["DestinationConfig", "RedrivePolicy"].iter().any(|by| it["Properties"][by].is_object());
        let is_kept = known["Resources"].as_object().unwrap().values().any(keeps);
        let queue = outputs.get("FailureQueueUrl").filter(|_| is_kept).cloned();
        let turns = Semaphore::new(kind.at_once());
        let locks = (0..kind.things()).filter(|_| kind.is_one_at_a_time()).map(|_| Mutex::new(())).collect();
        Self { function, lambda, sqs, queue, turns, locks }
    }

    /// Hands the event over, waits, and returns the answer; or that it is an error.
    async fn ask(&self, event: &Value) -> Result<Value, Value> {
        let invoke = self.lambda.invoke().function_name(self.function).payload(Blob::new(event.to_string()));
        let answer = invoke.send().await.unwrap();
        let said = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
        if answer.function_error().is_some() { Err(said) } else { Ok(said) }
    }

    /// The report of the event as soon as the function answers or refuses, and how often it failed before.
    pub async fn ask_until_done(&self, event: &Value) -> (Value, usize) {
        let mut last = Value::Null;
        for failures in 0..1_000 {
            last = match self.ask(event).await {
                Ok(report) => return (report, failures),
                Err(error) => error,
            };
            if last["errorType"] == "Signalbox.Refused" {
                return (serde_json::from_str(last["errorMessage"].as_str().unwrap()).unwrap(), failures);
            }
        }
        panic!("{} does not work on {event}: {last}", self.function)
    }

    /// Hands over what cannot be read: without waiting, so that Lambda keeps it; or to one who waits, who is told so.
    async fn poison(&self, kind: &dyn Kind, event: &Value) {
        if self.queue.is_none() {
            let answer = self.ask(event).await;
            assert!(kind.is_told(&answer), "{answer:?} to {event}");
            return;
        }
        let invoke = self.lambda.invoke().function_name(self.function).payload(Blob::new(event.to_string()));
        invoke.invocation_type(InvocationType::Event).send().await.unwrap();
    }

    /// Takes what the failure queue has now: the names of the poison.
    async fn take_what_is_kept(&self) -> Vec<String> {
        let Some(queue) = &self.queue else { return Vec::new() };
        let request = self.sqs.receive_message().queue_url(queue).max_number_of_messages(10).wait_time_seconds(1);
        let received = request.send().await.unwrap();
        let mut kept = Vec::new();
        for message in received.messages() {
            let body = message.body().unwrap();
            let name = body.split(|it: char| !it.is_alphanumeric() && it != '-').find(|it| it.starts_with("poison-"));
            kept.push(name.unwrap_or_else(|| panic!("no poison: {body}")).to_owned());
            let delete = self.sqs.delete_message().queue_url(queue);
            delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
        }
        kept
    }
}

/// Parameters of a template, as it takes them.
pub fn given<const N: usize>(parameters: [(&str, &str); N]) -> Vec<(String, String)> {
    parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
