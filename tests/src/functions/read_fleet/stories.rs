//! The stories of `read-fleet`.

use expect_test::expect;

use super::Scene;
use crate::world::fleet::Given;
use crate::world::scene::stories;

/// A run that was planned.
pub fn planned() -> Given {
    Given { is_planned: true, ..Given::default() }
}

/// A run that was planned, and in which every account has its results.
pub fn done() -> Given {
    Given { has_results: true, ..planned() }
}

stories! { Scene;
    a_run_begins: Given::default(), expect![[r#""#]];
    a_run_goes_on: done(), expect![[r#""#]];
    a_run_that_writes_is_refused: Given::default(), expect![[r#""#]];
    the_first_account_is_tried: planned(), expect![[r#""#]];
    an_account_is_worked_on: planned(), expect![[r#""#]];
    a_run_ends: done(), expect![[r#""#]];
}
