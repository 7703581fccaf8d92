//! Event in, records and report after.

use expect_test::expect;

use super::{CLEAN, FOUND, GIVEN, Given, KERNEL, NODE, Node, OPEN, OPENSSL, Scene, WINDOW};
use crate::world::patching::Told;
use crate::world::scene::stories;

/// The same scan as before.
const KNOWN: Given = Given { before: &[OPEN], ..GIVEN };

/// Each kind of what is reported.
const TROUBLE: &[Node] = &[
    Node { scan: Some(Told { operation: "Install", patches: &[OPENSSL, KERNEL], ..CLEAN }), ..NODE },
    Node { id: "i-0123456789abcdef1", scan: Some(Told { hours: 24 * 8, ..CLEAN }), ..NODE },
    Node { id: "i-0123456789abcdef2", scan: Some(Told { hours: 24 * 4, pending: 2, ..CLEAN }), ..NODE },
    Node { id: "i-0123456789abcdef3", scan: None, ..NODE },
    Node { id: "i-0123456789abcdef4", managed_for_days: None, scan: None, group: "Databases", ..NODE },
    // A node outside of EC2, and an instance that is stopped: neither is reported for its age.
    Node { id: "mi-0123456789abcdef5", runs: false, ..NODE },
    Node { id: "i-0123456789abcdef6", runs: false, scan: Some(Told { hours: 24 * 30, ..CLEAN }), ..NODE },
];

stories! { Scene;
    an_instance_misses_patches: GIVEN, expect![[r#"
        report-patches: applied
          - record the scan of i-0123456789abcdef0 at 1 hours ago: 2 missing, 0 failed
        before
        after
        i-0123456789abcdef0: 1 hours ago, told: nothing
        i-0123456789abcdef0: scan 1 hours ago: openssl.x86_64 is missing (Critical, Security)
    "#]];
    an_instance_is_compliant: Given { instances: &[NODE], ..GIVEN }, expect![[r#"
        report-patches: applied
          - record the scan of i-0123456789abcdef0 at 1 hours ago: 0 missing, 0 failed
        before
        after
        i-0123456789abcdef0: 1 hours ago, told: nothing
        i-0123456789abcdef0: scan 1 hours ago: nothing
    "#]];
    compliant_came_after_a_scan_that_found_something: GIVEN, expect![[r#"
        report-patches: applied
          - record the scan of i-0123456789abcdef0 at 1 hours ago: 2 missing, 0 failed
        before
        after
        i-0123456789abcdef0: 1 hours ago, told: nothing
        i-0123456789abcdef0: scan 1 hours ago: openssl.x86_64 is missing (Critical, Security)
    "#]];
    a_scan_was_told_before: KNOWN, expect![[r#"
        report-patches: unchanged (the scan of i-0123456789abcdef0 at 1 hours ago is recorded, or a newer one is)
        nothing changed
    "#]];
    an_instance_is_gone: GIVEN, expect![[r#"
        report-patches: ignored (Systems Manager has no patch state of i-0fedcba9876543210 (any more): it is unknown)
        nothing changed
    "#]];
    an_instance_of_another_account_was_scanned: GIVEN, expect![[r#"
        report-patches: refused (account 444455556666 is not ours (111122223333): deploy the function there, send it the events of 111122223333 only, or name 444455556666 in SIGNALBOX_ACCOUNTS, with SIGNALBOX_MEMBER_ROLE)
        nothing changed
    "#]];
    a_window_has_ended: Given {
        instances: &[Node { scan: Some(Told { hours: 1, operation: "Install", patches: &[KERNEL], ..CLEAN }), ..NODE }],
        before: &[Node { scan: Some(Told { hours: 20, ..FOUND }), ..NODE }],
        ..GIVEN
    }, expect![[r#"
        report-patches: applied
          - record the install of i-0123456789abcdef0 at 1 hours ago: 0 missing, 1 failed
          - note how it stands: 0 compliant, 1 non-compliant, 0 unknown
          - report what got worse: i-0123456789abcdef0: kernel.x86_64 could not be installed (Security)
          - note what is known of 1 subject
        before
        today: compliant 0, non_compliant 1, unknown 0
        i-0123456789abcdef0: 20 hours ago, told: openssl.x86_64 is missing (Critical, Security)
        i-0123456789abcdef0: scan 20 hours ago: openssl.x86_64 is missing (Critical, Security)
        reported: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security)
        after
        today: compliant 0, non_compliant 1, unknown 0
        i-0123456789abcdef0: 1 hours ago, told: kernel.x86_64 could not be installed (Security)
        i-0123456789abcdef0: scan 20 hours ago: openssl.x86_64 is missing (Critical, Security)
        i-0123456789abcdef0: scan 1 hours ago: kernel.x86_64 could not be installed (Security)
        reported: i-0123456789abcdef0: kernel.x86_64 could not be installed (Security)
        reported: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security)
    "#]];
    a_window_failed: Given { before: &[OPEN], ..GIVEN }, expect![[r#"
        report-patches: applied
          - report what got worse: execution b60fb56e-776c-4e5c-84ee-a1b2c3d4e5f6 of window mw-0123456789abcdef0 ended as FAILED
          - note what is known of 1 subject
        before
        today: compliant 0, non_compliant 1, unknown 0
        i-0123456789abcdef0: 1 hours ago, told: openssl.x86_64 is missing (Critical, Security)
        i-0123456789abcdef0: scan 1 hours ago: openssl.x86_64 is missing (Critical, Security)
        reported: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security)
        after
        today: compliant 0, non_compliant 1, unknown 0
        account: never, told: execution b60fb56e-776c-4e5c-84ee-a1b2c3d4e5f6 of window mw-0123456789abcdef0 ended as FAILED
        i-0123456789abcdef0: 1 hours ago, told: openssl.x86_64 is missing (Critical, Security)
        i-0123456789abcdef0: scan 1 hours ago: openssl.x86_64 is missing (Critical, Security)
        reported: account: execution b60fb56e-776c-4e5c-84ee-a1b2c3d4e5f6 of window mw-0123456789abcdef0 ended as FAILED
        reported: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security)
    "#]];
    a_window_has_ended_that_does_not_patch: Given {
        windows: &[
            (WINDOW, "install", "AWS-RunPatchBaseline", Some("Linux Servers")),
            ("mw-0fedcba9876543210", "backup", "AWS-RunShellScript", Some("Linux Servers")),
        ],
        ..GIVEN
    }, expect![[r#"
        report-patches: ignored (window mw-0fedcba9876543210 does not patch (any more))
        nothing changed
    "#]];
    it_is_time_to_sweep: GIVEN, expect![[r#"
        report-patches: applied
          - record the scan of i-0123456789abcdef0 at 1 hours ago: 2 missing, 0 failed
          - note how it stands: 0 compliant, 1 non-compliant, 0 unknown
          - report what got worse: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security)
          - note what is known of 1 subject
        before
        after
        today: compliant 0, non_compliant 1, unknown 0
        i-0123456789abcdef0: 1 hours ago, told: openssl.x86_64 is missing (Critical, Security)
        i-0123456789abcdef0: scan 1 hours ago: openssl.x86_64 is missing (Critical, Security)
        reported: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security)
    "#]];
    nothing_got_worse: KNOWN, expect![[r#"
        report-patches: unchanged
        nothing changed
    "#]];
    what_was_wrong_is_mended: Given {
        instances: &[NODE],
        before: &[Node { scan: Some(Told { hours: 20, ..FOUND }), ..NODE }],
        ..GIVEN
    }, expect![[r#"
        report-patches: applied
          - record the scan of i-0123456789abcdef0 at 1 hours ago: 0 missing, 0 failed
          - note how it stands: 1 compliant, 0 non-compliant, 0 unknown
          - note what is known of 1 subject
        before
        today: compliant 0, non_compliant 1, unknown 0
        i-0123456789abcdef0: 20 hours ago, told: openssl.x86_64 is missing (Critical, Security)
        i-0123456789abcdef0: scan 20 hours ago: openssl.x86_64 is missing (Critical, Security)
        reported: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security)
        after
        today: compliant 1, non_compliant 0, unknown 0
        i-0123456789abcdef0: 1 hours ago, told: nothing
        i-0123456789abcdef0: scan 20 hours ago: openssl.x86_64 is missing (Critical, Security)
        i-0123456789abcdef0: scan 1 hours ago: nothing
        reported: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security)
    "#]];
    every_kind_of_trouble: Given {
        instances: TROUBLE,
        windows: &[
            (WINDOW, "install", "AWS-RunPatchBaseline", Some("Windows Servers")),
            ("mw-0123456789abcdef1", "scan", "arn:aws:ssm:eu-west-1::document/AWS-RunPatchBaseline", None),
        ],
        ..GIVEN
    }, expect![[r#"
        report-patches: applied
          - record 5 scans, from that of i-0123456789abcdef0 on
          - note how it stands: 1 compliant, 2 non-compliant, 4 unknown
          - report what got worse: i-0123456789abcdef0: kernel.x86_64 could not be installed (Security); i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security); i-0123456789abcdef1: it was not scanned for more than 7 days; i-0123456789abcdef2: it waits for a reboot for more than 3 days; i-0123456789abcdef3: it was never scanned in more than 7 days; and 3 more
          - note what is known of 5 subjects
        before
        after
        today: compliant 1, non_compliant 2, unknown 4
        account: never, told: patch group `Databases` has no baseline: the default baseline decides, window install (mw-0123456789abcdef0): its targets match no running instance, window scan (mw-0123456789abcdef1) has no target
        i-0123456789abcdef0: 1 hours ago, told: kernel.x86_64 could not be installed (Security), openssl.x86_64 is missing (Critical, Security)
        i-0123456789abcdef1: 192 hours ago, told: it was not scanned for more than 7 days
        i-0123456789abcdef2: 96 hours ago, told: it waits for a reboot for more than 3 days
        i-0123456789abcdef3: never, told: it was never scanned in more than 7 days
        i-0123456789abcdef6: 720 hours ago, told: nothing
        mi-0123456789abcdef5: 1 hours ago, told: nothing
        i-0123456789abcdef0: scan 1 hours ago: kernel.x86_64 could not be installed (Security), openssl.x86_64 is missing (Critical, Security)
        i-0123456789abcdef1: scan 192 hours ago: nothing
        i-0123456789abcdef2: scan 96 hours ago: nothing
        i-0123456789abcdef6: scan 720 hours ago: nothing
        mi-0123456789abcdef5: scan 1 hours ago: nothing
        reported: account: patch group `Databases` has no baseline: the default baseline decides
        reported: account: window install (mw-0123456789abcdef0): its targets match no running instance
        reported: account: window scan (mw-0123456789abcdef1) has no target
        reported: i-0123456789abcdef0: kernel.x86_64 could not be installed (Security)
        reported: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security)
        reported: i-0123456789abcdef1: it was not scanned for more than 7 days
        reported: i-0123456789abcdef2: it waits for a reboot for more than 3 days
        reported: i-0123456789abcdef3: it was never scanned in more than 7 days
    "#]];
}
