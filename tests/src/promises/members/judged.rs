//! IAM judges what functions do in members: by the policies of the role there, by the trust of that role, and by session policies. An
//! engine that is not ours says it, and these tests ask it by real calls.

use aws_sdk_ec2::Client as Ec2;
use aws_sdk_ec2::config::SharedCredentialsProvider;
use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_sts::config::Credentials;
use expect_test::expect;
use reaction::{Outcome, Reaction, Report};
use reconcile_shares::ReconcileShares;
use share_ami::ShareAmi;
use share_ebs_snapshot::ShareEbsSnapshot;

use super::Scene;
use crate::functions::share_ami::{MANIFEST, SAMPLE_IMAGE};
use crate::world::ec2::{launchers, register};
use crate::world::roles::{
    EXTERNAL_ID, OPERATOR, make_boundary, make_changed_role, make_member, make_operators_member, make_role,
    member_role, without_action,
};
use crate::world::scene::read_sample;
use crate::world::{SAMPLE_ACCOUNT, World};

async fn scene() -> Scene {
    Scene::new(|organization, _| organization.to_owned()).await
}

/// Deploys the role of `share-ami` in the member again, changed.
async fn redeploy(scene: &Scene, given: &[(&str, &str)], changed: impl FnOnce(&mut serde_json::Value)) {
    let organization = [("OrganizationId", scene.organization.as_str())];
    let given = [&organization, given].concat();
    make_member(&scene.member, &scene.hub.account, ShareAmi::NAME, &given, changed).await;
}

/// An image in the member.
async fn image(scene: &Scene) -> String {
    scene.hub.put_manifest(MANIFEST).await;
    register(&scene.member.ec2, "base_linux_v1", &[]).await
}

/// The hub hears of the image.
async fn hear(scene: &Scene, image: &str) -> Report {
    let event = read_sample(ShareAmi::NAME, "an-image-became-available");
    let event = event.replace(SAMPLE_ACCOUNT, &scene.member.account).replace(SAMPLE_IMAGE, image);
    let hub = scene.acting_as(ShareAmi::NAME).await;
    scene.hear(&hub.share_ami(&format!("s3://{}/share.json", hub.bucket()), None, None), &event).await
}

/// The text with names in place of the accounts.
fn named(scene: &Scene, text: &str) -> String {
    text.replace(&scene.member.account, "MEMBER").replace(&scene.hub.account, "HUB")
}

#[tokio::test]
async fn an_action_that_the_member_role_lacks_fails_the_story_until_the_role_has_it() {
    let scene = scene().await;
    let image = image(&scene).await;
    scene.acting_as(ShareAmi::NAME).await;
    for action in ["ec2:DescribeImages", "ec2:DescribeImageAttribute", "ec2:ModifyImageAttribute"] {
        redeploy(&scene, &[], without_action("MemberRole", action)).await;
        let report = hear(&scene, &image).await;
        assert_eq!(report.outcome, Outcome::Failed, "{action}: {report}");
        let told = named(&scene, &report.to_string());
        let session = "arn:aws:sts::MEMBER:assumed-role/signalbox-share-ami/share-ami@an-event";
        let said =
            format!("UnauthorizedOperation: User: {session} is not authorized to perform: {action} on resource: ");
        assert!(told.contains(&said), "{told}");
        assert_eq!(launchers(&scene.member.ec2, &image).await, "no account");
    }
    redeploy(&scene, &[], |_| {}).await;
    assert_eq!(hear(&scene, &image).await.outcome, Outcome::Applied);
    assert_eq!(launchers(&scene.member.ec2, &image).await, "123456789012, 987654321098");
}

/// The same in the hub: what the function's own role lacks, it may not do.
#[tokio::test]
async fn a_function_whose_own_role_may_not_enter_members_enters_none() {
    let scene = scene().await;
    let image = image(&scene).await;
    scene.acting_as(ShareAmi::NAME).await;
    let own = [("OrganizationId", scene.organization.as_str()), ("Accounts", &scene.organization)];
    for action in ["organizations:DescribeAccount", "sts:AssumeRole", "sts:SetSourceIdentity"] {
        make_changed_role(&scene.hub, ShareAmi::NAME, &own, without_action("Role", action)).await;
        let report = hear(&scene, &image).await;
        assert_eq!(report.outcome, Outcome::Failed, "{action}: {report}");
        let told = named(&scene, &report.to_string());
        let session = "arn:aws:sts::HUB:assumed-role/share-ami/session";
        let said = format!("User: {session} is not authorized to perform: {action} on resource: ");
        assert!(told.contains(&said), "{told}");
    }
    make_role(&scene.hub, ShareAmi::NAME, &own).await;
    assert_eq!(hear(&scene, &image).await.outcome, Outcome::Applied);
}

#[tokio::test]
async fn the_boundary_of_a_member_role_limits_it() {
    let scene = scene().await;
    let image = image(&scene).await;
    scene.acting_as(ShareAmi::NAME).await;
    let boundary = make_boundary(&scene.member, &["ec2:Describe*"]).await;
    redeploy(&scene, &[("PermissionsBoundaryArn", &boundary)], |_| {}).await;
    let report = hear(&scene, &image).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert!(report.to_string().contains("is not authorized to perform: ec2:Modify"), "{report}");
    redeploy(&scene, &[], |_| {}).await;
    assert_eq!(hear(&scene, &image).await.outcome, Outcome::Applied);
}

/// S3 asks the policy of the bucket, too: a denial there is final, and a bucket of another account has to admit the function.
#[tokio::test]
async fn the_policy_of_the_manifests_bucket_is_asked_too() {
    let scene = scene().await;
    let image = image(&scene).await;
    let bucket = scene.hub.bucket();
    let statement = r#""Action": "s3:GetObject", "Principal": "*""#;
    let on = format!(r#""Resource": "arn:aws:s3:::{bucket}/*""#);
    let role = format!("arn:aws:iam::{}:role/share-ami", scene.hub.account);
    let denial = format!(
        r#"{{"Statement": [{{"Effect": "Deny", {statement}, {on}, "Condition": {{"ArnEquals": {{"aws:PrincipalArn": "{role}"}}}}}}]}}"#
    );
    scene.hub.s3.put_bucket_policy().bucket(&bucket).policy(denial).send().await.unwrap();
    let report = hear(&scene, &image).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert!(report.to_string().contains("is not authorized to perform: s3:GetObject on resource: "), "{report}");
    let open = format!(
        r#"{{"Statement": [{{"Effect": "Deny", {statement}, {on}, "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}}}]}}"#
    );
    scene.hub.s3.put_bucket_policy().bucket(&bucket).policy(open).send().await.unwrap();
    assert_eq!(hear(&scene, &image).await.outcome, Outcome::Applied, "AWS is called over TLS");
    let foreign = scene.member.bucket();
    scene.member.make_bucket(&foreign).await;
    let operator = scene.hub.acting_as(OPERATOR, &scene.hub.account).await;
    let listed = async || operator.s3.list_objects_v2().bucket(&foreign).send().await.is_ok();
    assert!(!listed().await, "its own role alone does not open a bucket of another account");
    let admits = format!(
        r#"{{"Statement": [{{"Effect": "Allow", "Action": "s3:ListBucket", "Principal": {{"AWS": "{}"}}, "Resource": "arn:aws:s3:::{foreign}"}}]}}"#,
        scene.hub.account
    );
    scene.member.s3.put_bucket_policy().bucket(&foreign).policy(admits).send().await.unwrap();
    assert!(listed().await, "both allow it");
}

/// How the member's role is asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    /// The name of the role in the hub; the hub's administrator where empty.
    by: &'a str,
    /// The function whose role in the member it asks for.
    role_of: &'a str,
    external_id: Option<&'a str>,
    source_identity: Option<&'a str>,
    policy: Option<&'a str>,
}

/// As a function asks.
const ASKED: Asked = Asked {
    by: ShareAmi::NAME,
    role_of: ShareAmi::NAME,
    external_id: Some(EXTERNAL_ID),
    source_identity: Some("share-ami@one"),
    policy: None,
};

/// Asks for the role of an account: the keys, or what AWS says instead.
async fn assume(scene: &Scene, account: &World, asked: Asked<'_>) -> Result<Credentials, String> {
    let by = if asked.by.is_empty() { None } else { Some(scene.hub.acting_as(asked.by, &scene.hub.account).await) };
    let sts = aws_sdk_sts::Client::new(by.as_ref().unwrap_or(&scene.hub).sessions.config());
    let role = format!("arn:aws:iam::{}:role/{}", account.account, member_role(asked.role_of));
    let call = sts.assume_role().role_arn(role);
    let call = call.role_session_name("a-test").set_external_id(asked.external_id.map(String::from));
    let call = call.set_source_identity(asked.source_identity.map(String::from));
    match call.set_policy(asked.policy.map(String::from)).send().await {
        Ok(answer) => {
            let keys = answer.credentials.unwrap();
            Ok(Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "a test"))
        }
        Err(error) => {
            let said = named(scene, error.message().unwrap_or_default());
            Err(format!("{}: {said}", error.code().unwrap_or_default()))
        }
    }
}

#[tokio::test]
async fn the_trust_of_a_member_lets_in_the_functions_as_they_ask_and_nothing_else() {
    let scene = scene().await;
    scene.acting_as(ShareAmi::NAME).await;
    let denied = async |asked: Asked<'_>| assume(&scene, &scene.member, asked).await.unwrap_err();
    assert!(assume(&scene, &scene.member, ASKED).await.is_ok(), "the function's own role enters");
    // A role of the hub that may do everything there.
    let said = denied(Asked { by: OPERATOR, ..ASKED }).await;
    expect![[r#"AccessDenied: User: arn:aws:sts::HUB:assumed-role/operator/session is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::MEMBER:role/signalbox-share-ami"#]].assert_eq(&said);
    let said = denied(Asked { by: "", ..ASKED }).await;
    expect![[r#"AccessDenied: User: arn:aws:iam::HUB:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::MEMBER:role/signalbox-share-ami"#]].assert_eq(&said);
    for external_id in [None, Some("another-id")] {
        assert!(denied(Asked { external_id, ..ASKED }).await.contains("perform: sts:AssumeRole"), "{external_id:?}");
    }
    for source_identity in [None, Some("share-ami"), Some("emr-dns@one"), Some("x-share-ami@one")] {
        let said = denied(Asked { source_identity, ..ASKED }).await;
        assert!(said.contains("perform: sts:AssumeRole"), "{source_identity:?}: {said}");
    }
    let said = assume(&scene, &scene.closed, ASKED).await;
    assert!(said.is_ok(), "an account without roles is not judged, as nothing is deployed there");
    redeploy(&scene, &[("OrganizationId", "o-anotherorgid")], |_| {}).await;
    assert!(denied(ASKED).await.starts_with("AccessDenied: "), "the hub is of another organization");
    redeploy(&scene, &[("MemberRoleName", "another-role")], |_| {}).await;
    assert!(denied(ASKED).await.starts_with("AccessDenied: "), "there is no such role in an account that has roles");
}

/// A function that was taken over is bound to its own role in members, even where its role in the hub may enter every other one.
#[tokio::test]
async fn no_function_enters_a_member_by_the_role_of_another_function() {
    let scene = scene().await;
    let own = [("OrganizationId", scene.organization.as_str()), ("Accounts", &scene.organization)];
    let any = |template: &mut serde_json::Value| {
        let text = template.to_string().replace(":iam::*:role/${MemberRoleName}", ":iam::*:role/*");
        *template = serde_json::from_str(&text).unwrap();
    };
    let functions = [ShareAmi::NAME, ShareEbsSnapshot::NAME, ReconcileShares::NAME];
    for function in functions {
        scene.acting_as(function).await;
        make_changed_role(&scene.hub, function, &own, any).await;
    }
    for by in functions {
        for role_of in functions {
            for named in functions {
                let source_identity = format!("{named}@one");
                let asked = Asked { by, role_of, source_identity: Some(&source_identity), ..ASKED };
                let entered = assume(&scene, &scene.member, asked).await;
                assert_eq!(entered.is_ok(), by == role_of && by == named, "{by} as {named} by {role_of}: {entered:?}");
            }
        }
    }
}

/// A second stack of a function's template lets an operator in, by a role of its own and with a boundary: to plan, and no more.
#[tokio::test]
async fn an_operator_enters_a_member_by_a_stack_of_its_own() {
    let scene = scene().await;
    let image = image(&scene).await;
    let boundary = make_boundary(&scene.member, &["ec2:Describe*"]).await;
    let given = [("OrganizationId", scene.organization.as_str()), ("PermissionsBoundaryArn", &boundary)];
    make_operators_member(&scene.member, &scene.hub.account, ShareAmi::NAME, &given).await;
    let asked = Asked { by: OPERATOR, role_of: OPERATOR, ..ASKED };
    let ec2 = ec2_with(&scene, assume(&scene, &scene.member, asked).await.unwrap());
    assert!(ec2.describe_images().image_ids(&image).send().await.is_ok());
    let change = ec2.modify_image_attribute().image_id(&image).attribute("launchPermission").user_ids("123456789012");
    let denied = change.operation_type("add".into()).send().await.unwrap_err();
    assert_eq!(denied.code(), Some("UnauthorizedOperation"), "{denied:?}");
    scene.acting_as(ShareAmi::NAME).await;
    assert!(assume(&scene, &scene.member, ASKED).await.is_ok(), "the function's own role is another one");
    let said = assume(&scene, &scene.member, Asked { by: OPERATOR, ..ASKED }).await.unwrap_err();
    assert!(said.contains("perform: sts:AssumeRole"), "{said}");
}

#[tokio::test]
async fn who_may_set_a_source_identity_is_judged_by_both_sides() {
    let scene = scene().await;
    scene.acting_as(ShareAmi::NAME).await;
    redeploy(&scene, &[], without_trust).await;
    let said = assume(&scene, &scene.member, ASKED).await.unwrap_err();
    assert!(said.contains("perform: sts:SetSourceIdentity"), "{said}");
}

/// Takes the statement about source identities out of the trust.
fn without_trust(template: &mut serde_json::Value) {
    let role = &mut template["Resources"]["MemberRole"]["Properties"];
    let statements = role["AssumeRolePolicyDocument"]["Statement"].as_array_mut().unwrap();
    statements.retain(|it| it["Action"] != "sts:SetSourceIdentity");
}

/// EC2 in the member with these keys.
fn ec2_with(scene: &Scene, keys: Credentials) -> Ec2 {
    let config = scene.member.sessions.config().to_builder();
    Ec2::new(&config.credentials_provider(SharedCredentialsProvider::new(keys)).build())
}

#[tokio::test]
async fn a_session_policy_cuts_the_role_down_and_gives_it_nothing() {
    let scene = scene().await;
    scene.acting_as(ShareAmi::NAME).await;
    let image = image(&scene).await;
    let policy = r#"{"Version": "2012-10-17", "Statement":
        [{"Effect": "Allow", "Action": ["ec2:DescribeImages", "ec2:DeregisterImage"], "Resource": "*"}]}"#;
    let keys = assume(&scene, &scene.member, Asked { policy: Some(policy), ..ASKED }).await.unwrap();
    let ec2 = ec2_with(&scene, keys);
    assert!(ec2.describe_images().image_ids(&image).send().await.is_ok(), "the role and the session policy allow it");
    let denied = ec2.describe_snapshots().send().await.unwrap_err();
    assert_eq!(denied.code(), Some("UnauthorizedOperation"), "the session policy does not");
    let denied = ec2.deregister_image().image_id(&image).send().await.unwrap_err();
    assert_eq!(denied.code(), Some("UnauthorizedOperation"), "the role does not");
    let ec2 = ec2_with(&scene, assume(&scene, &scene.member, ASKED).await.unwrap());
    assert!(ec2.describe_snapshots().owner_ids("self").send().await.is_ok(), "without a session policy it may");
}

#[tokio::test]
async fn keys_of_a_session_that_no_known_role_gave_out_are_refused() {
    let scene = scene().await;
    let keys = Credentials::new("ASIAIOSFODNN7EXAMPLE", "test", Some("a-token".into()), None, "a test");
    let config = scene.member.sessions.config().to_builder();
    let config = config.credentials_provider(SharedCredentialsProvider::new(keys.clone())).build();
    let refused = ec2_with(&scene, keys).describe_images().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AuthFailure"));
    let refused = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidClientTokenId"));
    let refused = aws_sdk_dynamodb::Client::new(&config).list_tables().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("UnrecognizedClientException"));
    let refused = aws_sdk_s3::Client::new(&config).list_buckets().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidAccessKeyId"));
}
