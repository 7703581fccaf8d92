//! The deployment as a whole, by its record.

use super::{record, target};
use crate::OnFailure;
use crate::course::{Course, course};
use crate::record::{Phase, Record, Status};

const ONE: &str = "111122223333/eu-west-1/orders:live";
const TWO: &str = "222233334444/eu-west-1/orders:live";

fn with(phases: &[(&str, Phase)], status: Status) -> Record {
    let mut it = record(&[&[ONE], &[TWO]]);
    it.on_failure = OnFailure::Rollback;
    it.status = status;
    for (name, phase) in phases {
        it.targets.get_mut(&target(name)).unwrap().phase = *phase;
    }
    it
}

#[test]
fn a_wave_begins_when_the_one_before_is_done() {
    let it = with(&[], Status::Running);
    assert_eq!(course(&it), Course::Forward(vec![target(ONE)]));
    let mut it = with(&[(ONE, Phase::Done)], Status::Running);
    assert_eq!(course(&it), Course::NextWave);
    it.wave = 1;
    assert_eq!(course(&it), Course::Forward(vec![target(TWO)]));
    it.wave = 2;
    assert_eq!(course(&it), Course::Turn(Status::Succeeded, None));
}

#[test]
fn after_a_failed_wave_no_other_begins_and_what_moved_moves_back() {
    for (phase, turned) in [(Phase::Failed, Status::RollingBack), (Phase::LeftAlone, Status::RollingBack)] {
        let Course::Turn(status, Some(why)) = course(&with(&[(ONE, phase)], Status::Running)) else { panic!() };
        assert_eq!(status, turned);
        assert!(why.starts_with("wave 1 of 2: 111122223333/eu-west-1/orders:live"), "{why}");
    }
    let it = Record { on_failure: OnFailure::Stop, ..with(&[(ONE, Phase::Failed)], Status::Running) };
    assert!(matches!(course(&it), Course::Turn(Status::Stopped, Some(_))));
    let it = with(&[(ONE, Phase::Done), (TWO, Phase::Failed)], Status::RollingBack);
    assert_eq!(course(&it), Course::Back(vec![target(ONE), target(TWO)]));
    let it = with(&[(ONE, Phase::RolledBack), (TWO, Phase::LeftAlone)], Status::RollingBack);
    assert_eq!(course(&it), Course::Turn(Status::RolledBack, None));
    assert_eq!(course(&with(&[], Status::RolledBack)), Course::Over);
}

#[test]
fn a_failed_target_turns_its_wave_back_at_once_and_where_all_is_to_stay_the_others_are_tried() {
    let mut it = Record { on_failure: OnFailure::Rollback, ..record(&[&[ONE, TWO]]) };
    it.targets.get_mut(&target(ONE)).unwrap().phase = Phase::Failed;
    assert!(matches!(course(&it), Course::Turn(Status::RollingBack, Some(_))));
    it.on_failure = OnFailure::Stop;
    assert_eq!(course(&it), Course::Forward(vec![target(TWO)]));
}
