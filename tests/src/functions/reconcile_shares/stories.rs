//! Event in, AWS after: each sample event in an account with something of every kind.

use expect_test::expect;

use super::{Given, Scene};
use crate::world::scene::stories;

stories! { Scene;
    it_is_time_to_sweep: Given::Object, expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by a statement that Signalbox did not write
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    the_manifest_was_uploaded: Given::Object, expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by a statement that Signalbox did not write
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    the_manifest_was_uploaded_to_a_bucket_without_versions: Given::Object, expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by a statement that Signalbox did not write
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    an_upload_was_replayed_weeks_later: Given::Object, expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by a statement that Signalbox did not write
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    another_object_was_uploaded: Given::Object, expect![[r#"
        reconcile-shares: ignored (s3://manifests-111122223333/notes.txt has changed, and the manifest lies at s3://manifests-111122223333/share.json)
        nothing changed
    "#]];
    the_manifest_parameter_was_updated: Given::Parameter, expect![[r#"
        reconcile-shares: applied
          - share ami-base in eu-west-1: -123456789012 -444455556666; snap-base: -123456789012 -444455556666
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: no account
        ami-golden: 555566667777
        snap-base: no account
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    a_stored_plan_is_forced: Given::StoredPlan, expect![[r#"
        reconcile-shares: applied
          - share key-base in eu-west-1: +123456789012
          - share snap-volume in eu-west-1: +123456789012
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share base-cluster-v1 in eu-west-1: +123456789012
          - share base/app in eu-west-1: +123456789012 +o-exampleorgid
          - share com-example-111122223333: +123456789012 -444455556666
          note: removals are admitted by the stored plan s3://manifests-111122223333/plan.json (SHA-256 ..)
          note: com-example-111122223333 is open to 555566667777 by a statement that Signalbox did not write
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: 123456789012
        base-db-v1: 123456789012
        base-cluster-v1: 123456789012
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: SignalboxPull for 123456789012; SignalboxPullOrganization for * of o-exampleorgid
        key: Enable IAM User Permissions for 111122223333; SignalboxDecrypt for 123456789012; SignalboxGrant for 123456789012
    "#]];
    the_payload_is_the_manifest_of_2015: Given::Object, expect![[r#"
        reconcile-shares: applied
          - share ami-base in eu-west-1: +987654321098 -444455556666; snap-base: +987654321098 -444455556666
          - share base-db-v1 in eu-west-1: +123456789012 -444455556666
          - share com-example-111122223333: +123456789012 -444455556666
          note: com-example-111122223333 is open to 555566667777 by a statement that Signalbox did not write
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 987654321098
        ami-golden: 555566667777
        snap-base: 123456789012, 987654321098
        snap-volume: no account
        base-db-v1: 123456789012
        base-cluster-v1: no account
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    the_payload_names_an_account_that_is_none: Given::Object, expect![[r#"
        reconcile-shares: refused (the payload, read as a share manifest: line 6, column 21: `98765432109` is not an account id of 12 digits, such as "111122223333", or the ARN of an organization or organizational unit, such as "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56")
        nothing changed
    "#]];
    the_payload_is_nothing_that_is_known: Given::Object, expect![[r#"
        reconcile-shares: refused (neither an event, nor {"signalbox": "sweep", "force": null}, nor a share manifest with a section that is known)
        nothing changed
    "#]];
    the_payload_takes_a_bucket_and_a_repository_from_everybody: Given::OwnPolicies, expect![[r#"
        reconcile-shares: applied
          - share base/app in eu-west-1: -444455556666
          - share com-example-111122223333: -444455556666
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
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
        base-cluster-v1: no account
        bucket: no policy
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    the_payload_names_a_bucket_that_is_not_ours: Given::ForeignBucket, expect![[r#"
        reconcile-shares: refused (com-example-foreign-111122223333: reading the policy of com-example-foreign-111122223333: the bucket com-example-foreign-111122223333 is not ours: account 111122223333 has no bucket of that name; correct the manifest)
          - share com-example-111122223333: +123456789012 -444455556666
          - cannot share com-example-foreign-111122223333: reading the policy of com-example-foreign-111122223333: the bucket com-example-foreign-111122223333 is not ours: account 111122223333 has no bucket of that name; correct the manifest
            not done: com-example-foreign-111122223333: reading the policy of com-example-foreign-111122223333: the bucket com-example-foreign-111122223333 is not ours: account 111122223333 has no bucket of that name; correct the manifest
          note: com-example-111122223333 is open to 555566667777 by a statement that Signalbox did not write
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: Logs for 555566667777; SignalboxRead for 123456789012
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    the_payload_names_an_organizational_unit: Given::Organization, expect![[r#"
        reconcile-shares: applied
          - share base-db-v1 in eu-west-1: +222233334444 -444455556666
          - share base-cluster-v1 in eu-west-1: +222233334444
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 222233334444
        base-cluster-v1: 222233334444
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
    the_payload_names_an_encrypted_snapshot: Given::Encrypted, expect![[r#"
        reconcile-shares: applied
          - share secret-db-v1 in eu-west-1: +123456789012
          note: secret-db-v1 in eu-west-1: its key arn:aws:kms:eu-west-1:111122223333:key/key-base does not admit 123456789012, who can copy or restore it only when policy or grants of the key do (kms:Decrypt, kms:CreateGrant, ..)
        before
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        secret-db-v1: no account
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
        after
        ami-base: 123456789012, 444455556666
        ami-golden: 555566667777
        snap-base: 123456789012, 444455556666
        snap-volume: no account
        base-db-v1: 444455556666
        secret-db-v1: 123456789012
        base-cluster-v1: no account
        bucket: S3ReadAccessToRole for 444455556666; Logs for 555566667777
        repository: no policy
        key: Enable IAM User Permissions for 111122223333
    "#]];
}
