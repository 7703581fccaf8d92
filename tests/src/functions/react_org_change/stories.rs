//! Event in, AWS after: each sample event in an account that manages an organization.

use expect_test::expect;

use super::{Given, Scene};
use crate::world::scene::stories;

stories! { Scene;
    an_account_was_moved: Given::MovedIn, expect![[r#"
        react-org-change: applied
          - share key-base in eu-west-1: +222233334444
          - share snap-volume in eu-west-1: +222233334444
          - share base/app in eu-west-1: +222233334444
          - share com-example-111122223333: +222233334444
        before
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: no account
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: no policy
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
    "#]];
    an_account_was_moved_out_of_the_unit: Given::MovedOut, expect![[r#"
        react-org-change: applied
          - share snap-volume in eu-west-1: -222233334444
          - share base/app in eu-west-1: -222233334444
          - share com-example-111122223333: -222233334444
          - share key-base in eu-west-1: -222233334444
        before
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
        after
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: no account
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: no policy
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    an_account_was_moved_and_back_again: Given::Nothing, expect![[r#"
        react-org-change: unchanged
        nothing changed
    "#]];
    an_account_was_moved_to_whom_a_key_has_to_be_open: Given::MovedInEncrypted, expect![[r#"
        react-org-change: applied
          - share secret-db-v1 in eu-west-1: +222233334444
          note: secret-db-v1 in eu-west-1: its key arn:aws:kms:eu-west-1:111122223333:key/key-base does not admit 222233334444, who can copy or restore it only when policy or grants of the key do (kms:Decrypt, kms:CreateGrant, ..)
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        secret-db-v1: no account
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666
        repository: SignalboxPull for 444455556666
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        secret-db-v1: 222233334444
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666
        repository: SignalboxPull for 444455556666
        key: Enable IAM User Permissions for 111122223333
    "#]];
    an_account_was_moved_while_a_bucket_was_not_ours: Given::MovedOutForeign, expect![[r#"
        react-org-change: refused (com-example-foreign-111122223333: reading the policy of com-example-foreign-111122223333: the bucket com-example-foreign-111122223333 is not ours: account 111122223333 has no bucket of that name; correct the manifest)
          - share snap-volume in eu-west-1: -222233334444
          - share base/app in eu-west-1: -222233334444
          - share com-example-111122223333: -222233334444
          - share key-base in eu-west-1: -222233334444
          - cannot share com-example-foreign-111122223333: reading the policy of com-example-foreign-111122223333: the bucket com-example-foreign-111122223333 is not ours: account 111122223333 has no bucket of that name; correct the manifest
            not done: com-example-foreign-111122223333: reading the policy of com-example-foreign-111122223333: the bucket com-example-foreign-111122223333 is not ours: account 111122223333 has no bucket of that name; correct the manifest
        before
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
        after
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: no account
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: no policy
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    an_account_was_moved_that_only_entries_by_account_name: Given::MovedOutWithoutUnits, expect![[r#"
        react-org-change: ignored (no entry of the manifest names an organization or organizational unit where accounts alone can be named)
        nothing changed
    "#]];
    an_account_could_not_be_moved: Given::Nothing, expect![[r#"
        react-org-change: ignored (not an event that react-org-change acts on)
        nothing changed
    "#]];
    an_account_was_created: Given::Came, expect![[r#"
        react-org-change: applied
          - share base-cluster-v1 in eu-west-1: +333344445555
        before
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
        after
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444, 333344445555
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
    "#]];
    an_account_could_not_be_created: Given::Nothing, expect![[r#"
        react-org-change: ignored (not an event that react-org-change acts on)
        nothing changed
    "#]];
    an_account_joined_by_invitation: Given::Came, expect![[r#"
        react-org-change: applied
          - share base-cluster-v1 in eu-west-1: +333344445555
        before
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
        after
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444, 333344445555
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
    "#]];
    an_account_was_removed: Given::Left, expect![[r#"
        react-org-change: applied
          - share snap-volume in eu-west-1: -222233334444
          - share base-cluster-v1 in eu-west-1: -222233334444
          - share base/app in eu-west-1: -222233334444
          - share com-example-111122223333: -222233334444
          - share key-base in eu-west-1: -222233334444
        before
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
        after
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: no account
        base-db-v1: 222233334444
        base-cluster-v1: no account
        bucket: no policy
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    an_account_left_by_itself: Given::Left, expect![[r#"
        react-org-change: applied
          - share snap-volume in eu-west-1: -222233334444
          - share base-cluster-v1 in eu-west-1: -222233334444
          - share base/app in eu-west-1: -222233334444
          - share com-example-111122223333: -222233334444
          - share key-base in eu-west-1: -222233334444
        before
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
        after
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: no account
        base-db-v1: 222233334444
        base-cluster-v1: no account
        bucket: no policy
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    an_account_was_closed: Given::Closed, expect![[r#"
        react-org-change: applied
          - share snap-volume in eu-west-1: -222233334444
          - share base-cluster-v1 in eu-west-1: -222233334444
          - share base/app in eu-west-1: -222233334444
          - share com-example-111122223333: -222233334444
          - share key-base in eu-west-1: -222233334444
        before
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
        after
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: no account
        base-db-v1: 222233334444
        base-cluster-v1: no account
        bucket: no policy
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    the_closing_of_an_account_is_done: Given::Closed, expect![[r#"
        react-org-change: applied
          - share snap-volume in eu-west-1: -222233334444
          - share base-cluster-v1 in eu-west-1: -222233334444
          - share base/app in eu-west-1: -222233334444
          - share com-example-111122223333: -222233334444
          - share key-base in eu-west-1: -222233334444
        before
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: 222233334444
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: SignalboxRead for 222233334444
        repository: SignalboxPull for 222233334444
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 222233334444; SignalboxGrant for 222233334444
        after
        ami-base: arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: no account
        base-db-v1: 222233334444
        base-cluster-v1: no account
        bucket: no policy
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
}
