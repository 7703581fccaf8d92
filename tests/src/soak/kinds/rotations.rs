//! Secrets that are rotated, of tokens and of users of PostgreSQL: each event is a rotation with its four steps, of which some come twice.
//! The model is the number of the last rotation of a secret: its version is current, the one before is the previous one, and the server
//! takes the current value. Secrets Manager rotates a secret once at a time, so that a rotation that comes again comes when it is over;
//! one that comes after a later one is refused.

use std::cell::RefCell;
use std::collections::BTreeSet;

use aws_sdk_secretsmanager::error::DisplayErrorContext;
use serde_json::Value;

use crate::soak::kind::Calls;
use crate::world::World;
use crate::world::rotations::{Rotation, STEPS, make_secret, secrets_manager, value_at};

/// What both functions call.
pub const CALLS: &[Calls] = &[
    ("dynamodb", None, 8),
    ("secretsmanager", Some("GetSecretValue"), 6),
    ("secretsmanager", Some("DescribeSecret"), 4),
    ("secretsmanager", Some("PutSecretValue"), 1),
    ("secretsmanager", Some("UpdateSecretVersionStage"), 1),
];

/// The secrets of an account, and the rotations that began.
pub struct Secrets {
    /// The account.
    pub world: World,
    /// The ARN of each.
    pub arns: Vec<String>,
    /// The numbers of the rotations of each, in the order in which they began.
    begun: RefCell<Vec<Vec<usize>>>,
    /// The steps that came twice.
    repeated: RefCell<BTreeSet<(String, usize)>>,
}

impl Secrets {
    /// Secrets with these values.
    pub async fn new(world: World, values: &[Value]) -> Self {
        world.create_rotations().await;
        let mut arns = Vec::new();
        for (number, value) in values.iter().enumerate() {
            arns.push(make_secret(&world, &format!("app/secret-{number}"), value).await);
        }
        let begun = RefCell::new(vec![Vec::new(); arns.len()]);
        Self { world, arns, begun, repeated: RefCell::default() }
    }

    /// How many rotations there were.
    pub fn count(&self) -> usize {
        self.begun.borrow().iter().map(Vec::len).sum()
    }

    /// The first step of a rotation, which begins unless it has.
    pub async fn begin(&self, thing: usize, number: usize) -> Value {
        let secret_arn = self.arns[thing].clone();
        let has_begun = self.begun.borrow()[thing].contains(&number);
        let rotation = if has_begun {
            Rotation { secret_arn, token: version_of(number) }
        } else {
            self.begun.borrow_mut()[thing].push(number);
            Rotation::begin_as(&self.world, &secret_arn, version_of(number)).await
        };
        serde_json::from_str(&rotation.event(STEPS[0])).unwrap()
    }

    /// The next step, if this one was done.
    pub fn follow(&self, event: &Value, report: &Value) -> Option<Value> {
        let (arn, version) = (event["SecretId"].as_str().unwrap(), event["ClientRequestToken"].as_str().unwrap());
        let thing = self.arns.iter().position(|it| it == arn).unwrap();
        let last = self.begun.borrow()[thing].last().map(|number| version_of(*number)).unwrap();
        let step = STEPS.iter().position(|step| event["Step"] == *step).unwrap();
        match report["outcome"].as_str().unwrap() {
            "refused" => assert_ne!(version, last, "{report} of {event}"),
            outcome => assert!(["applied", "unchanged"].contains(&outcome), "{report} of {event}"),
        }
        if report["outcome"] == "refused" {
            return None;
        }
        let comes_twice = version.ends_with('3') && self.repeated.borrow_mut().insert((version.to_owned(), step));
        let mut next = event.clone();
        next["Step"] = (*STEPS.get(if comes_twice { step } else { step + 1 })?).into();
        Some(next)
    }

    /// The current and the previous value of each, as AWS has them; asserts that they are those of the last two rotations.
    pub async fn values(&self) -> Vec<(Value, Value)> {
        let mut values = Vec::new();
        let begun = self.begun.borrow().clone();
        for (arn, begun) in self.arns.iter().zip(begun) {
            let [.., former, last] = begun[..] else { panic!("{arn} was rotated {begun:?}") };
            let described = secrets_manager(&self.world).describe_secret().secret_id(arn).send().await;
            let described = described.unwrap_or_else(|error| panic!("{}", DisplayErrorContext(error)));
            let labels = described.version_ids_to_stages.unwrap();
            assert!(labels[&version_of(last)].contains(&"AWSCURRENT".to_owned()), "{arn}: {last} of {labels:?}");
            assert_eq!(labels[&version_of(former)], ["AWSPREVIOUS"], "{arn}: {former} of {labels:?}");
            let at = async |stage| value_at(&self.world, arn, stage).await.unwrap();
            values.push((at("AWSCURRENT").await, at("AWSPREVIOUS").await));
        }
        values
    }
}

fn version_of(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}
