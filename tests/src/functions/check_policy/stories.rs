//! Job in, IAM and the pipeline after: each sample job through the real reaction and real SDK clients, as its story tells.

use expect_test::expect;

use super::{Foreign, GIVEN, Given, METADATA, READERS, READING, Scene, Sent, WARNED, WRITERS};
use crate::world::scene::stories;

const VERSIONS: [&str; 6] = [
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::one/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::two/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::three/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::four/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::five/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::six/*"}}"#,
];

const fn version(number: usize) -> Sent {
    Sent { policy: VERSIONS[number], metadata: METADATA }
}

/// Five versions, of which the last is the default.
pub const FULL: &[Sent] = &[version(0), version(1), version(2), version(3), version(4)];

/// A sixth one.
pub const SIXTH: Sent = version(5);

/// All actions on all things, as lists.
const EVERYTHING: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "*"], "Resource": ["*"]}]}"#;

const MISTAKEN: &str = r#"{"PolicyName": "data readers", "PolicyDescription": "", "Path": "/team/",
    "Tags": {"signalbox:created-by": "me", "Owner": "me", "team": "data"}}"#;

const SCP: &str = r#"{"PolicyName": "regions", "PolicyDescription": "Regions", "Type": "scp"}"#;

const REGIONS: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sqs:*", "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}}}"#;

/// A bucket has no region in its ARN: AWS calls that an error.
const REGIONAL: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-data/*"},
    {"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-more/*"},
    {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:eu-west-1::com-example-data/*"}]}"#;

stories! { Scene;
    a_policy_was_sent: GIVEN, expect![[r#"
        check-policy: applied
          - make arn:aws:iam::222233334444:policy/signalbox/data-readers (298 characters)
          note: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers
          note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
        before
        the job waits
        after
        signalbox/data-readers: v1 sha256:c50e73223f76255a3b27709b80659e8aaabfb2cd75ae6a3cda595663cbdc6843 tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::com-example-data/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
        the job succeeded: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers; judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
    "#]];
    a_policy_was_sent_by_a_pipeline_of_our_own_account: Given { is_here: true, ..GIVEN }, expect![[r#"
        check-policy: applied
          - make arn:aws:iam::111122223333:policy/signalbox/data-readers (298 characters)
          note: the policy is arn:aws:iam::111122223333:policy/signalbox/data-readers
          note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
        before
        the job waits
        after
        signalbox/data-readers: v1 sha256:c50e73223f76255a3b27709b80659e8aaabfb2cd75ae6a3cda595663cbdc6843 tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::com-example-data/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
        the job succeeded: the policy is arn:aws:iam::111122223333:policy/signalbox/data-readers; judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
    "#]];
    a_policy_was_sent_again: Given { before: &[READERS], ..GIVEN }, expect![[r#"
        check-policy: unchanged (the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers; judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none))
          note: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers
          note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
        before
        signalbox/data-readers: v1 sha256:c50e73223f76255a3b27709b80659e8aaabfb2cd75ae6a3cda595663cbdc6843 tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::com-example-data/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
        the job waits
        after
        signalbox/data-readers: v1 sha256:c50e73223f76255a3b27709b80659e8aaabfb2cd75ae6a3cda595663cbdc6843 tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::com-example-data/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
        the job succeeded: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers; judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
    "#]];
    a_policy_was_sent_that_was_changed: Given { before: &[READERS], sent: WRITERS, ..GIVEN }, expect![[r#"
        check-policy: applied
          - make a new version the default of arn:aws:iam::222233334444:policy/signalbox/data-readers (403 characters)
          note: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers
          note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
        before
        signalbox/data-readers: v1 sha256:c50e73223f76255a3b27709b80659e8aaabfb2cd75ae6a3cda595663cbdc6843 tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::com-example-data/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
        the job waits
        after
        signalbox/data-readers: v2 sha256:ceb718e82e8a3a46b5aee3549ef4ff6c12f46585b7e1ad8d5de4ce4a5d64fbb4 tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::com-example-data/*"},{"Sid":"Write","Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::com-example-data/in/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
          other versions: v1
        the job succeeded: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers; judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
    "#]];
    a_policy_was_sent_that_was_so_before: Given { before: &[READERS, WRITERS], ..GIVEN }, expect![[r#"
        check-policy: applied
          - make v1 the default of arn:aws:iam::222233334444:policy/signalbox/data-readers, which has the document already
          note: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers
          note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
        before
        signalbox/data-readers: v2 sha256:ceb718e82e8a3a46b5aee3549ef4ff6c12f46585b7e1ad8d5de4ce4a5d64fbb4 tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::com-example-data/*"},{"Sid":"Write","Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::com-example-data/in/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
          other versions: v1
        the job waits
        after
        signalbox/data-readers: v1 sha256:c50e73223f76255a3b27709b80659e8aaabfb2cd75ae6a3cda595663cbdc6843 tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::com-example-data/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
          other versions: v2
        the job succeeded: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers; judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
    "#]];
    a_policy_was_sent_that_has_five_versions: Given { before: FULL, sent: SIXTH, ..GIVEN }, expect![[r#"
        check-policy: applied
          - delete v1 of arn:aws:iam::222233334444:policy/signalbox/data-readers, and make a new version the default (272 characters)
          note: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers
          note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
        before
        signalbox/data-readers: v5 sha256:61c1f814d26f8a060cc40e3885040e24c24da53eabe74519538cf529ffb499ac tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::five/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
          other versions: v1, v2, v3, v4
        the job waits
        after
        signalbox/data-readers: v6 sha256:2a335c69f8482660f3574afefaf595cf18d2bc4b86f2f50cf859de35e412d2d8 tagged signalbox:created-by=check-policy, team=data
          {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::six/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
          other versions: v2, v3, v4, v5
        the job succeeded: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers; judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
    "#]];
    a_policy_was_sent_that_allows_everything:
        Given { sent: Sent { policy: EVERYTHING, metadata: METADATA }, ..GIVEN }, expect![[r#"
            check-policy: refused (policy.json:1:88:/Statement/0/Action/1: all actions are allowed on everything (`*`); name the actions and the things that are needed)
              error: policy.json:1:88:/Statement/0/Action/1: all actions are allowed on everything (`*`); name the actions and the things that are needed (all-on-all)
              note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: 1 finding; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
            before
            the job waits
            after
            the job failed: ConfigurationError: Policy creation request rejected: * permissions not allowed in both actions and resources
            error: policy.json:1:88:/Statement/0/Action/1: all actions are allowed on everything (`*`); name the actions and the things that are needed (all-on-all)
        "#]];
    a_policy_was_sent_with_mistakes_in_its_metadata:
        Given { sent: Sent { policy: READING, metadata: MISTAKEN }, ..GIVEN }, expect![[r#"
            check-policy: refused (metadata.json:/PolicyName: IAM takes 1 to 128 letters, digits and _+=,.@- as the name of a policy; choose such a name (errors: 4))
              error: metadata.json:/PolicyName: IAM takes 1 to 128 letters, digits and _+=,.@- as the name of a policy; choose such a name (metadata)
              error: metadata.json:/Path: policies are made below another path; write /signalbox/, or a path below it, or leave Path out (path)
              error: metadata.json:/Tags/Owner: a policy may not ask for this tag; allowed is cost-centre, team; leave it out, or have its key added to SIGNALBOX_POLICY_TAGS (tag)
              error: metadata.json:/Tags/signalbox:created-by: tags that begin with aws: or signalbox: are not for requests; leave it out (tag)
              note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: 4 findings; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
            before
            the job waits
            after
            the job failed: ConfigurationError: Policy creation request rejected: 4 errors were found
            error: metadata.json:/PolicyName: IAM takes 1 to 128 letters, digits and _+=,.@- as the name of a policy; choose such a name (metadata)
            error: metadata.json:/Path: policies are made below another path; write /signalbox/, or a path below it, or leave Path out (path)
            error: metadata.json:/Tags/Owner: a policy may not ask for this tag; allowed is cost-centre, team; leave it out, or have its key added to SIGNALBOX_POLICY_TAGS (tag)
            error: metadata.json:/Tags/signalbox:created-by: tags that begin with aws: or signalbox: are not for requests; leave it out (tag)
        "#]];
    a_policy_was_sent_whose_name_another_one_has:
        Given { foreign: Some(Foreign { name: "data-readers", is_tagged: false }), ..GIVEN }, expect![[r#"
            check-policy: refused (metadata.json:/PolicyName: arn:aws:iam::222233334444:policy/signalbox/data-readers is there, and Signalbox did not make it: it has not the tag signalbox:created-by; choose another PolicyName, or delete that policy)
              error: metadata.json:/PolicyName: arn:aws:iam::222233334444:policy/signalbox/data-readers is there, and Signalbox did not make it: it has not the tag signalbox:created-by; choose another PolicyName, or delete that policy (owner)
              note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
            before
            signalbox/data-readers: v1 sha256:f2e072a8ee6ad7d177a607e1f9048d1780675e1a28677237a88716e2b024892a tagged no tag
              {"Version": "2012-10-17", "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-data/*"}]}
            the job waits
            after
            signalbox/data-readers: v1 sha256:f2e072a8ee6ad7d177a607e1f9048d1780675e1a28677237a88716e2b024892a tagged no tag
              {"Version": "2012-10-17", "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-data/*"}]}
            the job failed: ConfigurationError: Policy creation request rejected: 1 error was found
            error: metadata.json:/PolicyName: arn:aws:iam::222233334444:policy/signalbox/data-readers is there, and Signalbox did not make it: it has not the tag signalbox:created-by; choose another PolicyName, or delete that policy (owner)
        "#]];
    a_policy_was_sent_whose_name_another_one_has_with_our_tag:
        Given { foreign: Some(Foreign { name: "data-readers", is_tagged: true }), ..GIVEN }, expect![[r#"
            check-policy: refused (metadata.json:/PolicyName: arn:aws:iam::222233334444:policy/signalbox/data-readers is there, and Signalbox did not make it: it has no record; choose another PolicyName, or delete that policy)
              error: metadata.json:/PolicyName: arn:aws:iam::222233334444:policy/signalbox/data-readers is there, and Signalbox did not make it: it has no record; choose another PolicyName, or delete that policy (owner)
              note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
            before
            signalbox/data-readers: v1 sha256:f2e072a8ee6ad7d177a607e1f9048d1780675e1a28677237a88716e2b024892a tagged signalbox:created-by=check-policy
              {"Version": "2012-10-17", "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-data/*"}]}
            the job waits
            after
            signalbox/data-readers: v1 sha256:f2e072a8ee6ad7d177a607e1f9048d1780675e1a28677237a88716e2b024892a tagged signalbox:created-by=check-policy
              {"Version": "2012-10-17", "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-data/*"}]}
            the job failed: ConfigurationError: Policy creation request rejected: 1 error was found
            error: metadata.json:/PolicyName: arn:aws:iam::222233334444:policy/signalbox/data-readers is there, and Signalbox did not make it: it has no record; choose another PolicyName, or delete that policy (owner)
        "#]];
    a_service_control_policy_was_sent: Given { sent: Sent { policy: REGIONS, metadata: SCP }, ..GIVEN }, expect![[r#"
        check-policy: unchanged (judged as type scp with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; policies of this type are judged only, and not made; second opinion: not run (SIGNALBOX_SECOND_OPINION is none))
        before
        the job waits
        after
        the job succeeded: judged as type scp with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; policies of this type are judged only, and not made; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
    "#]];
    a_policy_was_sent_while_there_are_no_central_denies: Given { denies: None, ..GIVEN }, expect![[r#"
        check-policy: failed (reading the central denies arn:aws:iam::111122223333:policy/central-deny-policy-sandbox (SIGNALBOX_CENTRAL_DENY): there is no such policy; deploy it)
        before
        the job waits
        after
        the job failed: JobFailed: An error has occurred while validating policy. Please contact admin: reading the central denies arn:aws:iam::111122223333:policy/central-deny-policy-sandbox (SIGNALBOX_CENTRAL_DENY): there is no such policy; deploy it
    "#]];
    a_policy_was_sent_of_which_access_analyzer_has_an_opinion:
        Given { sent: Sent { policy: REGIONAL, metadata: METADATA }, has_second_opinion: true, ..GIVEN }, expect![[r#"
            check-policy: refused (policy.json:4:63:/Statement/2/Resource: The service s3 does not support specifying a Region in the resource ARN; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-error-arn-region-not-allowed)
              warning: policy.json:4:35:/Statement/2/Action: `s3:PutObject` is about none of the statement's resources; name what it is about, such as arn:*:s3:*:*:accesspoint/*/object/* (resource-type)
              warning: policy.json:4:63:/Statement/2/Resource: no action of the statement is about `arn:aws:s3:eu-west-1::com-example-data/*`; take it out, or add the actions that it is for (resource-type)
              note: policy.json:2:13:/Statement/0/Sid: Add a value to the empty string in the Sid element; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-sid-value (access-analyzer:EMPTY_SID_VALUE)
              note: policy.json:3:13:/Statement/1/Sid: Add a value to the empty string in the Sid element; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-sid-value (access-analyzer:EMPTY_SID_VALUE)
              error: policy.json:4:63:/Statement/2/Resource: The service s3 does not support specifying a Region in the resource ARN; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-error-arn-region-not-allowed (access-analyzer:ARN_REGION_NOT_ALLOWED)
              note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: 2 findings; second opinion: IAM Access Analyzer found 3 things
            before
            the job waits
            after
            the job failed: ConfigurationError: Policy creation request rejected: 1 error was found
            warning: policy.json:4:35:/Statement/2/Action: `s3:PutObject` is about none of the statement's resources; name what it is about, such as arn:*:s3:*:*:accesspoint/*/object/* (resource-type)
            warning: policy.json:4:63:/Statement/2/Resource: no action of the statement is about `arn:aws:s3:eu-west-1::com-example-data/*`; take it out, or add the actions that it is for (resource-type)
            note: policy.json:2:13:/Statement/0/Sid: Add a value to the empty string in the Sid element; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-sid-value (access-analyzer:EMPTY_SID_VALUE)
            note: policy.json:3:13:/Statement/1/Sid: Add a value to the empty string in the Sid element; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-sid-value (access-analyzer:EMPTY_SID_VALUE)
            error: policy.json:4:63:/Statement/2/Resource: The service s3 does not support specifying a Region in the resource ARN; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-error-arn-region-not-allowed (access-analyzer:ARN_REGION_NOT_ALLOWED)
        "#]];
    a_policy_was_sent_of_which_access_analyzer_warns:
        Given { sent: WARNED, has_second_opinion: true, ..GIVEN }, expect![[r#"
            check-policy: applied
              - make arn:aws:iam::222233334444:policy/signalbox/data-readers (361 characters)
              note: policy.json:2:13:/Statement/0/Sid: Add a value to the empty string in the Sid element; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-sid-value (access-analyzer:EMPTY_SID_VALUE)
              warning: policy.json:2:74:/Statement/0/Resource: Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it allows iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-security-warning-pass-role-with-star-in-resource (access-analyzer:PASS_ROLE_WITH_STAR_IN_RESOURCE)
              note: policy.json:3:13:/Statement/1/Sid: Add a value to the empty string in the Sid element; read https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-sid-value (access-analyzer:EMPTY_SID_VALUE)
              note: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers
              note: judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: IAM Access Analyzer found 3 things
            before
            the job waits
            after
            signalbox/data-readers: v1 sha256:b19c51f2d8b65d8c36279dbae73ee1de98a426376f69531bc1c9069538ec7f35 tagged signalbox:created-by=check-policy, team=data
              {"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"iam:PassRole","Resource":"*"},{"Sid":"","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::com-example-data/*"},{"Sid":"OnlyT2","Effect":"Deny","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"StringNotLike":{"ec2:InstanceType":"t2.*"}}}]}
            the job succeeded: the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers; judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: IAM Access Analyzer found 3 things
        "#]];
    a_service_control_policy_was_sent_of_which_access_analyzer_has_no_opinion:
        Given { sent: Sent { policy: REGIONS, metadata: SCP }, has_second_opinion: true, ..GIVEN }, expect![[r#"
            check-policy: unchanged (judged as type scp with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; policies of this type are judged only, and not made; second opinion: IAM Access Analyzer found nothing)
            before
            the job waits
            after
            the job succeeded: judged as type scp with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; policies of this type are judged only, and not made; second opinion: IAM Access Analyzer found nothing
        "#]];
}
