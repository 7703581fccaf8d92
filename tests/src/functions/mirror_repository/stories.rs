//! What a message leads to.

use expect_test::expect;

use super::{AWKWARD, FIRST, GIVEN, Given, POINTED, SECOND, Scene};
use crate::world::scene::stories;

stories! { Scene;
    a_branch_was_pushed: GIVEN, expect![[r#"
        mirror-repository: applied
          - note in the journal that 2 paths change
          - write 2 objects (15 bytes): network/vpc.yaml, root.yaml
          - write the manifest: commit FIRST, 2 files
          - delete the journal
          note: no pointer is configured: what is new or changed is written before what vanished is deleted, and a reader sees new objects beside former ones while they are written
        before
        after
        .signalbox/acme/templates/manifest.json: commit FIRST, 2 files, 0 left
        acme/templates/network/vpc.yaml: Vpc: 1
        acme/templates/root.yaml: Root: 1
    "#]];
    a_branch_was_pushed_that_is_not_mirrored: GIVEN, expect![[r#"
        mirror-repository: ignored (refs/heads/experiment of acme/templates is not mirrored)
        nothing changed
    "#]];
    the_time_of_a_sweep_came: POINTED, expect![[r#"
        mirror-repository: applied
          - send a message that asks for a copy of acme/templates
        before
        .signalbox/acme/templates/main/FIRST.json: {"format":1,"repository":"acme/templates","branch":"main","commit":"FIRST","paths":["network/vpc.yaml","root.yaml"]}
        .signalbox/acme/templates/main/FIRST/network/vpc.yaml: Vpc: 1
        .signalbox/acme/templates/main/FIRST/root.yaml: Root: 1
        .signalbox/acme/templates/main/pointer.json: {"repository":"acme/templates","branch":"main","commit":"FIRST","prefix":".signalbox/acme/templates/main/FIRST/","files":2}
        .signalbox/acme/templates/manifest.json: commit FIRST, 2 files, 0 left
        acme/templates/network/vpc.yaml: Vpc: 1
        acme/templates/root.yaml: Root: 1
        after
        .signalbox/acme/templates/main/FIRST.json: {"format":1,"repository":"acme/templates","branch":"main","commit":"FIRST","paths":["network/vpc.yaml","root.yaml"]}
        .signalbox/acme/templates/main/FIRST/network/vpc.yaml: Vpc: 1
        .signalbox/acme/templates/main/FIRST/root.yaml: Root: 1
        .signalbox/acme/templates/main/pointer.json: {"repository":"acme/templates","branch":"main","commit":"FIRST","prefix":".signalbox/acme/templates/main/FIRST/","files":2}
        .signalbox/acme/templates/manifest.json: commit FIRST, 2 files, 0 left
        acme/templates/network/vpc.yaml: Vpc: 1
        acme/templates/root.yaml: Root: 1
        message: {"repository":"acme/templates","ref":"refs/heads/main","commit":null,"delivery":"a-message"}
    "#]];
    a_repository_in_codecommit_was_pushed: GIVEN, expect![[r#"
        mirror-repository: ignored (codecommit:eu-west-1:111122223333:templates is not in the list of mirrored repositories)
        nothing changed
    "#]];
}

/// The same sample where there is something else before it.
pub mod more {
    use super::*;

    macro_rules! told {
        ($($name:ident: $sample:literal, $given:expr, $expected:expr;)*) => {
            /// These stories.
            pub fn all() -> Vec<crate::world::scene::Story<Scene>> {
                vec![$($name()),*]
            }
            $(
                fn $name() -> crate::world::scene::Story<Scene> {
                    crate::world::scene::Story { sample: $sample, given: $given, expected: $expected }
                }
            )*
            mod tests {
                $(
                    #[tokio::test]
                    async fn $name() {
                        crate::world::scene::tell(super::$name()).await;
                    }
                )*
            }
        };
    }

    told! {
        what_changed_is_written_and_what_vanished_is_deleted: "a-branch-was-pushed",
            Given { before: Some(&FIRST), now: &SECOND, ..GIVEN }, expect![[r#"
                mirror-repository: applied
                  - note in the journal that 3 paths change
                  - write 2 objects (19 bytes): network/subnets.yaml, root.yaml
                  - delete 1 object: network/vpc.yaml
                  - write the manifest: commit SECOND, 2 files
                  - delete the journal
                  note: no pointer is configured: what is new or changed is written before what vanished is deleted, and a reader sees new objects beside former ones while they are written
                before
                .signalbox/acme/templates/manifest.json: commit FIRST, 2 files, 0 left
                acme/templates/network/vpc.yaml: Vpc: 1
                acme/templates/root.yaml: Root: 1
                after
                .signalbox/acme/templates/manifest.json: commit SECOND, 2 files, 0 left
                acme/templates/network/subnets.yaml: Subnets: 2
                acme/templates/root.yaml: Root: 2
            "#]];
        the_pointer_moves_to_a_copy_of_the_commit: "a-branch-was-pushed", POINTED, expect![[r#"
            mirror-repository: applied
              - note in .signalbox/acme/templates/main/SECOND.json that the copy has 2 files
              - write 2 objects (19 bytes) below .signalbox/acme/templates/main/SECOND/: network/subnets.yaml, root.yaml
              - move the pointer .signalbox/acme/templates/main/pointer.json: commit SECOND
              - note in the journal that 3 paths change
              - write 2 objects (19 bytes): network/subnets.yaml, root.yaml
              - delete 1 object: network/vpc.yaml
              - write the manifest: commit SECOND, 2 files
              - delete the journal
              note: who follows the pointer sees one commit at every moment; who reads OWNER/REPO/.. sees new objects beside former ones while they are written
            before
            .signalbox/acme/templates/main/FIRST.json: {"format":1,"repository":"acme/templates","branch":"main","commit":"FIRST","paths":["network/vpc.yaml","root.yaml"]}
            .signalbox/acme/templates/main/FIRST/network/vpc.yaml: Vpc: 1
            .signalbox/acme/templates/main/FIRST/root.yaml: Root: 1
            .signalbox/acme/templates/main/pointer.json: {"repository":"acme/templates","branch":"main","commit":"FIRST","prefix":".signalbox/acme/templates/main/FIRST/","files":2}
            .signalbox/acme/templates/manifest.json: commit FIRST, 2 files, 0 left
            acme/templates/network/vpc.yaml: Vpc: 1
            acme/templates/root.yaml: Root: 1
            after
            .signalbox/acme/templates/main/FIRST.json: {"format":1,"repository":"acme/templates","branch":"main","commit":"FIRST","paths":["network/vpc.yaml","root.yaml"]}
            .signalbox/acme/templates/main/FIRST/network/vpc.yaml: Vpc: 1
            .signalbox/acme/templates/main/FIRST/root.yaml: Root: 1
            .signalbox/acme/templates/main/SECOND.json: {"format":1,"repository":"acme/templates","branch":"main","commit":"SECOND","paths":["network/subnets.yaml","root.yaml"]}
            .signalbox/acme/templates/main/SECOND/network/subnets.yaml: Subnets: 2
            .signalbox/acme/templates/main/SECOND/root.yaml: Root: 2
            .signalbox/acme/templates/main/pointer.json: {"repository":"acme/templates","branch":"main","commit":"SECOND","prefix":".signalbox/acme/templates/main/SECOND/","files":2,"former":[".signalbox/acme/templates/main/FIRST/"]}
            .signalbox/acme/templates/manifest.json: commit SECOND, 2 files, 0 left
            acme/templates/network/subnets.yaml: Subnets: 2
            acme/templates/root.yaml: Root: 2
        "#]];
        everything_is_as_it_was: "a-branch-was-pushed", Given { before: Some(&FIRST), ..GIVEN }, expect![[r#"
            mirror-repository: unchanged (no pointer is configured: what is new or changed is written before what vanished is deleted, and a reader sees new objects beside former ones while they are written)
            nothing changed
        "#]];
        what_s3_does_not_have_is_reported: "a-branch-was-pushed", Given { now: &AWKWARD, is_parameter: true, ..GIVEN }, expect![[r#"
            mirror-repository: applied
              - note in the journal that 2 paths change
              - write 2 objects (17 bytes): größe & 1+1.yaml, run.sh
              - write the manifest: commit FIRST, 2 files
              - delete the journal
              warning: a line\nbreak.yaml: the path has the character U+000A, which S3's XML cannot carry; rename the file (key)
              warning: caf\xe9.yaml: the path is not UTF-8, which S3 requires of keys; rename the file (key)
              warning: link.yaml: a symbolic link, which S3 does not have; it is not mirrored; commit the file itself, or let readers use the path that it leads to (symlink)
              warning: vendor: a submodule at commit 1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f, whose files are another repository's; mirror that repository too (submodule)
              warning: xxx..: the key would have 1035 bytes, and S3 takes 1024; rename the file (key)
              note: no pointer is configured: what is new or changed is written before what vanished is deleted, and a reader sees new objects beside former ones while they are written
            before
            after
            .signalbox/acme/templates/manifest.json: commit FIRST, 2 files, 5 left
            acme/templates/größe & 1+1.yaml: A: é
            acme/templates/run.sh: #!/bin/sh
        "#]];
    }
}
