//! Accounts that differ from the usual one.

use std::time::Duration;

use aws_sdk_ssm::types::ParameterType;

use super::Scene;
use crate::functions::share_rds_snapshot::{OPTION_GROUP, make_option_group};
use crate::world::{World, run_for};

impl Scene {
    /// The manifest is a parameter, which takes the images from everybody.
    pub async fn with_parameter(self) -> Self {
        let scene = self.with("SIGNALBOX_MANIFEST", "ssm:/share");
        let ssm = aws_sdk_ssm::Client::new(scene.world.sessions.config());
        let text = r#"{"ami": {"base_linux_v": {"eu-west-1": []}}}"#;
        ssm.put_parameter().name("/share").value(text).r#type(ParameterType::String).send().await.unwrap();
        scene
    }

    /// Nothing may be taken away but what a stored plan takes.
    pub async fn with_stored_plan(self) -> Self {
        let scene = self.with("SIGNALBOX_MAX_REMOVALS", "0");
        scene.store_plan("plan.json").await;
        scene
    }

    /// Keeps what a sweep would do as a plan beside the manifest.
    pub async fn store_plan(&self, key: &str) {
        let run = run_for(Duration::from_mins(10));
        let plan = self.function().propose(&run).await.unwrap().plan;
        let request = self.world.s3.put_object().bucket(self.world.bucket()).key(key);
        request.body(serde_json::to_vec(&plan).unwrap().into()).send().await.unwrap();
    }

    /// There is a bucket of another account.
    pub async fn beside_a_foreign_bucket(self) -> Self {
        World::new().await.make_bucket(&self.of_account("com-example-foreign-111122223333")).await;
        self
    }

    /// Bucket and repository have policies of ours alone.
    pub async fn with_own_policies(self) -> Self {
        self.put_bucket_policy(
            r#"{"Version": "2012-10-17", "Id": "ReadBucketPolicy", "Statement": [{"Sid": "S3ReadAccessToRole", "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": ["s3:List*", "s3:Get*"],
                "Resource": ["arn:aws:s3:::com-example-111122223333", "arn:aws:s3:::com-example-111122223333/*"]}]}"#,
        )
        .await;
        let policy = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "SignalboxPull", "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}]}"#;
        self.ecr.set_repository_policy().repository_name("base/app").policy_text(policy).send().await.unwrap();
        self
    }

    /// The account manages an organization with a unit of one account, which the event names.
    pub async fn with_organization(mut self) -> Self {
        self.organization = self.world.make_organization().await;
        self.event = self.organization.with_own_ids(&self.event);
        self
    }

    /// A database snapshot is encrypted with the key, and its option group has an option that can be taken out.
    pub async fn with_encrypted_snapshot(self) -> Self {
        make_option_group(&self.rds, "mysql", "8.0", &["MARIADB_AUDIT_PLUGIN"]).await;
        let instance = self.rds.create_db_instance().db_instance_identifier("secret").db_instance_class("db.t3.micro");
        let instance = instance.engine("mysql").allocated_storage(20).storage_encrypted(true);
        let instance = instance.option_group_name(OPTION_GROUP);
        let key = format!("arn:aws:kms:eu-west-1:{}:key/{}", self.world.account, self.key);
        instance.kms_key_id(key).send().await.unwrap();
        let snapshot = self.rds.create_db_snapshot().db_instance_identifier("secret");
        snapshot.db_snapshot_identifier("secret-db-v1").send().await.unwrap();
        self
    }
}
