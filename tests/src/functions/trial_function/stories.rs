//! Each sample event through the real function, as its story tells.

use expect_test::expect;

use super::Scene;
use crate::world::scene::stories;

stories! { Scene;
    an_instance_was_stopped: None, expect![[r#"
        trial-function: applied
          - put 2026-11-02T05:30:41+00:00 into /signalbox/stopped/i-0123456789abcdef0
        before
        stopped: never
        after
        stopped: 2026-11-02T05:30:41+00:00
    "#]];
    an_instance_was_stopped_again: Some("2025-01-01T00:00:00+00:00"), expect![[r#"
        trial-function: applied
          - put 2026-11-02T05:30:41+00:00 into /signalbox/stopped/i-0123456789abcdef0
        before
        stopped: 2025-01-01T00:00:00+00:00
        after
        stopped: 2026-11-02T05:30:41+00:00
    "#]];
    an_event_came_late: Some("2027-01-01T00:00:00+00:00"), expect![[r#"
        trial-function: ignored (/signalbox/stopped/i-0123456789abcdef0 has a later time)
        nothing changed
    "#]];
    an_instance_is_running: None, expect![[r#"
        trial-function: ignored (not an event that trial-function acts on)
        nothing changed
    "#]];
}
