//! What the tests of every function have to know of one, and the tests that they make of it. A function that is left out of one kind
//! says which test of its own shows the same.

use expect_test::Expect;

use crate::promises::every_call::Run;
use crate::world::scene::{Scene, Story};

/// What a function's tests say of it. `tests/src/functions/NAME_/checks.rs` implements it for `Scene`.
pub trait Checked: Scene {
    /// Every story: each, told again without its ledger, changes nothing; and what they ask of AWS is what the role allows.
    fn stories() -> Vec<Story<Self>>;

    /// Whether the stories are told again in this way.
    fn converges() -> Shown<()> {
        Shown::Here(())
    }

    /// The stories that the function's role is for.
    fn stories_of_the_role() -> Vec<Story<Self>> {
        Self::stories()
    }

    /// What else the function asks for, which its role has to allow.
    async fn operations_beside_the_stories() -> Vec<String> {
        Vec::new()
    }

    /// The runs whose every call meets each fault.
    fn runs() -> Shown<Vec<Run<Self::Given>>>;

    /// Events about what a key encrypts: what there is before, and the sample's name. Only what shares has any.
    fn encrypted() -> Vec<(Self::Given, &'static str)> {
        Vec::new()
    }

    /// The calls of events, one event at least.
    fn economy() -> Vec<Economy<Self>>;

    /// What the compiled function answers, one event at least.
    fn answers() -> Shown<Vec<Answer<Self>>>;

    /// What the deployed function does, with an event that its rule hands over.
    fn deployed() -> Shown<Deployed<Self>>;
}

/// Where a kind of test is.
pub enum Shown<T> {
    /// It is made of this.
    Here(T),
    /// The function has one of its own: its path, `::` and its name.
    Elsewhere(&'static str),
}

/// The calls of one event.
pub struct Economy<S: Scene> {
    /// What there is before.
    pub given: S::Given,
    /// The sample's name.
    pub sample: &'static str,
    /// The calls, those that read in the order of their names.
    pub calls: Expect,
}

/// What the compiled function answers to one event.
pub struct Answer<S: Scene> {
    /// What there is before.
    pub given: S::Given,
    /// The sample's name.
    pub sample: &'static str,
    /// What the function is told beside what every function is.
    pub variables: fn(&S) -> Vec<(String, String)>,
    /// The report, as JSON.
    pub report: Expect,
    /// The outcome of a second delivery.
    pub then: &'static str,
}

/// What the deployed function does about one event.
pub struct Deployed<S: Scene> {
    /// What there is before.
    pub given: S::Given,
    /// The sample's name.
    pub sample: &'static str,
    /// What AWS says afterwards.
    pub after: &'static str,
    /// The outcome of a second delivery.
    pub then: &'static str,
}

impl<T> Shown<T> {
    /// What the test is made of; where the function has one of its own, that it is there.
    fn here(self) -> Option<T> {
        match self {
            Self::Here(it) => Some(it),
            Self::Elsewhere(test) => {
                crate::promises::hazards::assert_is_test(test);
                None
            }
        }
    }
}

async fn converge<S: Checked>() {
    if S::converges().here().is_some() {
        crate::promises::converge::tell_twice(S::stories()).await;
    }
}

async fn keep_economy<S: Checked>() {
    let all = S::economy();
    assert!(!all.is_empty(), "{}: the calls of one event at least", S::FUNCTION);
    for Economy { given, sample, calls } in all {
        crate::promises::economy::check_of::<S>(&given, sample, calls).await;
    }
}

async fn answer<S: Checked>() {
    for Answer { given, sample, variables, report, then } in S::answers().here().into_iter().flatten() {
        let scene = S::set_up(&given, sample).await;
        crate::promises::binary::answer_in(&scene, variables(&scene).into_iter(), report, then).await;
    }
}

async fn act_once_deployed<S: Checked>() {
    if let Some(deployed) = S::deployed().here() {
        crate::templates::deployed::act_once(&deployed).await;
    }
}

async fn meet<S: Checked>(kind: local_aws::FaultKind) {
    for run in S::runs().here().into_iter().flatten() {
        crate::promises::every_call::meet_at_every_call::<S>(&run, kind.clone()).await;
    }
}

async fn lose_keys<S: Checked>() {
    for (given, sample) in S::encrypted() {
        crate::promises::obstacles::assert_refused::<S>(&given, sample).await;
    }
}

async fn outlast<S: Checked>() {
    for run in S::runs().here().into_iter().flatten() {
        crate::promises::every_call::outlast_an_invocation::<S>(&run).await;
    }
}

/// A module with one test of each function.
macro_rules! of_each {
    ($kind:ident: $test:ident $given:tt; $($name:ident)*) => {
        mod $kind {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$test::<crate::functions::$name::checks::Scene> $given.await;
                }
            )*
        }
    };
}

/// The tests of every function.
macro_rules! checks {
    ($($name:ident)*) => {
        of_each! { told_again_without_its_ledger_nothing_changes: converge (); $($name)* }
        of_each! { no_call_is_made_in_vain: keep_economy (); $($name)* }
        of_each! { the_role_allows_what_is_asked_for_and_nothing_else: fit_role (); $($name)* }
        of_each! { the_binary_answers_with_its_report: answer (); $($name)* }
        of_each! { deployed_it_acts_once: act_once_deployed (); $($name)* }
        of_each! { what_a_lost_key_encrypts_is_refused_and_not_tried_again: lose_keys (); $($name)* }
        of_each! { throttled_at_any_call: meet (local_aws::FaultKind::Throttle); $($name)* }
        of_each! { failed_at_any_call: meet (local_aws::FaultKind::ServerError); $($name)* }
        of_each! { denied_at_any_call: meet (local_aws::FaultKind::AccessDenied); $($name)* }
        of_each! { unanswered_at_any_call: meet (local_aws::FaultKind::Timeout); $($name)* }
        of_each! { answered_in_vain_at_any_call: meet (local_aws::FaultKind::Reset); $($name)* }
        of_each! { a_fault_that_outlasts_an_invocation_fails_and_the_retry_goes_on: outlast (); $($name)* }
    };
}

async fn fit_role<S: Checked>() {
    crate::templates::assert_stories_fit::<S>().await;
}

suite::functions! { checks }
