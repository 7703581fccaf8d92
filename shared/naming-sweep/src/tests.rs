//! The decision of a sweep, one case a test: what was found goes in, the plan comes out.

mod samples;
mod sweeps;

use samples::{
    CLUSTER, NAME, NODE, OLD, cluster, facts, ours, plan_as_text, set, settings, survey, that_is, upsert_only,
};

use crate::{Facts, Survey};

/// The plan after this survey.
fn after(survey: Survey) -> String {
    told(&facts(settings(), survey))
}

fn told(facts: &Facts) -> String {
    plan_as_text(crate::plan(facts))
}
