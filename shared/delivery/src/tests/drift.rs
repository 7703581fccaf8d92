//! Aliases against the records.

use super::{ALIAS, target};
use crate::drift::{State, of_alias};
use crate::known::LeftAt;
use crate::seen::Alias;

fn state(alias: Option<(&str, Option<(&str, f64)>)>, is_under_way: bool) -> (State, String) {
    let at = LeftAt { deployment: "first".into(), versions: ["2".to_owned()].into() };
    let alias = alias.map(|(version, second)| Alias {
        version: version.into(),
        second: second.map(|(version, weight)| (version.into(), weight)),
        revision: "r".into(),
    });
    let it = of_alias(target(ALIAS), &at, alias.as_ref(), is_under_way);
    (it.state, it.found)
}

#[test]
fn an_alias_is_where_the_record_left_it_or_it_is_said_how_it_differs() {
    assert_eq!(state(Some(("2", None)), false), (State::None, "2".into()));
    assert_eq!(state(Some(("7", None)), false), (State::Moved, "7".into()));
    assert_eq!(state(Some(("2", Some(("7", 0.25)))), false), (State::Weighted, "2, 7 with 25 %".into()));
    assert_eq!(state(None, false), (State::Gone, "-".into()));
    assert_eq!(state(Some(("7", None)), true), (State::UnderWay, "7".into()));
}
