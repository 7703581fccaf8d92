//! What the operations tell of accounts.

use aws_sdk_ec2::types::ImageAttributeName;
use expect_test::expect;

use super::Scene;

#[tokio::test]
async fn what_is_shared_and_what_is_public_is_told_account_by_account() {
    let scene = Scene::set_up().await;
    let config = scene.config_of("dev").await;
    let ec2 = aws_sdk_ec2::Client::new(&config);
    let image = crate::world::ec2::register(&ec2, "base_linux_v1", &[]).await;
    crate::world::ec2::allow_launch(&ec2, &image, &["123456789012"], true).await;
    let quiet = crate::world::ec2::register(&ec2, "quiet", &[]).await;
    let attribute = ec2.describe_image_attribute().image_id(&quiet).attribute(ImageAttributeName::LaunchPermission);
    assert!(attribute.send().await.unwrap().launch_permissions().is_empty());
    let ran = scene.run(&["sharing-inventory", "--target", "{unit}"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    expect![[r#"
        dev dev eu-west-1
          ami ami-base (base_linux_v1): EVERYBODY, 123456789012
        3 results, 0 exceptions, 0 failed to assume the role, 0 skipped
    "#]]
    .assert_eq(&ran.out.replace(&image, "ami-base"));
}

#[tokio::test]
async fn snapshots_of_volumes_and_of_databases_that_are_shared_are_told_and_others_are_not() {
    let scene = Scene::set_up().await;
    let config = scene.config_of("dev").await;
    let (ec2, rds) = (aws_sdk_ec2::Client::new(&config), aws_sdk_rds::Client::new(&config));
    let volume = ec2.create_volume().availability_zone("eu-west-1a").size(8).send().await.unwrap().volume_id.unwrap();
    let snapshot = ec2.create_snapshot().volume_id(&volume).send().await.unwrap().snapshot_id.unwrap();
    ec2.create_snapshot().volume_id(&volume).send().await.unwrap();
    crate::world::ec2::allow_volumes(&ec2, &snapshot, &["123456789012"]).await;
    let instance = rds.create_db_instance().db_instance_identifier("db").db_instance_class("db.t3.micro");
    instance.engine("postgres").allocated_storage(20).send().await.unwrap();
    let cluster = rds.create_db_cluster().db_cluster_identifier("cluster").engine("aurora-postgresql");
    cluster.master_username("admin1").master_user_password("password1").send().await.unwrap();
    for name in ["shared", "quiet"] {
        let snapshot = rds.create_db_snapshot().db_instance_identifier("db");
        snapshot.db_snapshot_identifier(format!("db-{name}")).send().await.unwrap();
        let snapshot = rds.create_db_cluster_snapshot().db_cluster_identifier("cluster");
        snapshot.db_cluster_snapshot_identifier(format!("cluster-{name}")).send().await.unwrap();
    }
    let share = rds.modify_db_snapshot_attribute().db_snapshot_identifier("db-shared").attribute_name("restore");
    share.values_to_add("123456789012").send().await.unwrap();
    let share = rds.modify_db_cluster_snapshot_attribute().db_cluster_snapshot_identifier("cluster-shared");
    share.attribute_name("restore").values_to_add("all").send().await.unwrap();
    let ran = scene.run(&["sharing-inventory", "--target", "{unit}"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    expect![[r#"
        dev dev eu-west-1
          ebs snap-volume: 123456789012
          rds db-shared: 123456789012
          rds-cluster cluster-shared: EVERYBODY
        3 results, 0 exceptions, 0 failed to assume the role, 0 skipped
    "#]]
    .assert_eq(&ran.out.replace(&snapshot, "snap-volume"));
}

#[tokio::test]
async fn rotations_are_told_and_no_secret_is_read() {
    let scene = Scene::set_up().await;
    let client = aws_sdk_secretsmanager::Client::new(&scene.config_of("qa").await);
    for name in ["plain", "stuck"] {
        client.create_secret().name(name).secret_string("hush").send().await.unwrap();
    }
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:rotate";
    client.rotate_secret().secret_id("stuck").rotation_lambda_arn(function).send().await.unwrap();
    let ran = scene.run(&["rotation-state", "--target", "{unit}"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    let out: Vec<_> = ran.out.lines().map(|line| line.split("AWSPENDING is ").next().unwrap()).collect();
    expect![[r#"
        qa qa eu-west-1
          plain: not rotated, last never
          stuck: rotated, last never; 
        3 results, 0 exceptions, 0 failed to assume the role, 0 skipped"#]]
    .assert_eq(&out.join("\n"));
    let calls = crate::world::AWS.calls(&scene.accounts["qa"]);
    assert!(calls.iter().all(|call| call.operation != "GetSecretValue"));
}
