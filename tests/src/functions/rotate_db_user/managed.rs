//! A master secret that RDS manages: where its power is used, RDS says.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::Tag;
use rotate_db_user::engine::Engine;
use serde_json::json;

use super::{Scene, in_both};
use crate::world::AWS;
use crate::world::databases::{HOST, MASTER, MASTER_PASSWORD, Server};
use crate::world::rotations::{STEPS, secrets_manager};

in_both! {
    the_master_of_an_instance_is_where_rds_says
    the_master_of_a_cluster_is_where_rds_says
    a_managed_secret_of_which_rds_says_otherwise_is_refused
}

/// The tags by which RDS names the database of a secret.
const INSTANCE: &str = "aws:rds:primaryDBInstanceArn";
const CLUSTER: &str = "aws:rds:primaryDBClusterArn";

/// What the master is of whose secret RDS manages.
#[derive(Clone, Copy)]
pub enum Managed {
    Instance,
    Cluster,
}

impl Managed {
    /// Makes it, and binds the scene's secret to its master.
    pub async fn begin(self, scene: &mut Scene) {
        let (tag, Database { arn, master }) = match self {
            Self::Instance => (INSTANCE, instance(scene).await),
            Self::Cluster => (CLUSTER, cluster(scene).await),
        };
        manage(scene, &master, &[(tag, &arn)]);
        let is_postgres = scene.server.engine == Engine::Postgres;
        let engine = if is_postgres { "postgres" } else { self.engine() };
        name(scene, &master, Some(engine)).await;
    }

    /// How a secret of a user in MariaDB calls it. A cluster of MariaDB there is none: Aurora's MySQL is played by it, and
    /// spoken to in the same way.
    fn engine(self) -> &'static str {
        match self {
            Self::Instance => "mariadb",
            Self::Cluster => "aurora-mysql",
        }
    }
}

/// The part of a database in which it says who it is.
struct Database {
    arn: String,
    master: String,
}

fn host() -> Tag {
    Tag::builder().key("local-aws:host").value(HOST).build()
}

/// An instance that manages its master, and listens where the server does.
async fn instance(scene: &Scene) -> Database {
    let engine = if scene.server.engine == Engine::Postgres { "postgres" } else { "mariadb" };
    let request = Client::new(scene.world.sessions.config()).create_db_instance().db_instance_identifier("orders");
    let request =
        request.db_instance_class("db.t4g.micro").engine(engine).allocated_storage(20).master_username(MASTER);
    // moto knows no version of MariaDB by itself.
    let request = request.set_engine_version((engine == "mariadb").then(|| "10.11.8".into()));
    let request = request.manage_master_user_password(true).port(i32::from(scene.server.port)).tags(host());
    let made = request.send().await.unwrap().db_instance.unwrap();
    Database { arn: made.db_instance_arn.unwrap(), master: made.master_user_secret.unwrap().secret_arn.unwrap() }
}

async fn cluster(scene: &Scene) -> Database {
    let engine = if scene.server.engine == Engine::Postgres { "aurora-postgresql" } else { "aurora-mysql" };
    let request = Client::new(scene.world.sessions.config()).create_db_cluster().db_cluster_identifier("orders");
    let request = request.engine(engine).master_username(MASTER).manage_master_user_password(true);
    let made = request.port(i32::from(scene.server.port)).tags(host()).send().await.unwrap().db_cluster.unwrap();
    Database { arn: made.db_cluster_arn.unwrap(), master: made.master_user_secret.unwrap().secret_arn.unwrap() }
}

/// Has RDS put the master's secret, with a user and a password only, and binds the scene's to it.
fn manage(scene: &mut Scene, master: &str, tags: &[(&str, &str)]) {
    let value = json!({"username": MASTER, "password": MASTER_PASSWORD}).to_string();
    AWS.manage_secret(&local_aws::Managed { arn: master, service: "rds", tags, value: &value });
    scene.bind(master);
}

/// Has the user's secret name this master and this engine.
async fn name(scene: &Scene, master: &str, engine: Option<&str>) {
    let mut value = scene.value("AWSCURRENT").await;
    value["masterarn"] = master.into();
    if let Some(engine) = engine {
        value["engine"] = engine.into();
    }
    scene.put(&scene.secret, &value.to_string()).await;
}

/// What the steps of a rotation asked of RDS.
async fn asked_of_rds(scene: &Scene) -> Vec<String> {
    let before = scene.world.calls();
    scene.rotate().await;
    let mut asked = scene.world.operations_since(before);
    asked.retain(|it| it.starts_with("rds:"));
    asked
}

async fn the_master_of_an_instance_is_where_rds_says(server: &'static Server) {
    let mut scene = Scene::alternating(server).await;
    Managed::Instance.begin(&mut scene).await;
    // Whatever the user's secret says, that is where the master logs in.
    let good = scene.value("AWSCURRENT").await;
    let mut value = good.clone();
    value["port"] = 9.into();
    scene.put(&scene.secret, &value.to_string()).await;
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(said.contains(&format!("{HOST}:9, and its master of ")), "{said}");
    assert!(said.contains(&format!(" at {HOST}:{}: set `engine`, `host` and `port`", server.port)), "{said}");
    rotation.end_of_test(&scene.world).await;
    scene.put(&scene.secret, &good.to_string()).await;
    assert_eq!(asked_of_rds(&scene).await, ["rds:DescribeDBInstances"]);
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
}

async fn the_master_of_a_cluster_is_where_rds_says(server: &'static Server) {
    let mut scene = Scene::alternating(server).await;
    Managed::Cluster.begin(&mut scene).await;
    assert_eq!(asked_of_rds(&scene).await, ["rds:DescribeDBClusters"]);
    assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
}

/// Each of these rotates as soon as RDS says so, and not before.
async fn a_managed_secret_of_which_rds_says_otherwise_is_refused(server: &'static Server) {
    let mut scene = Scene::alternating(server).await;
    let Database { arn, master } = instance(&scene).await;
    name(&scene, &master, None).await;
    let other = master.replace("rds!db-", "rds!db-0");
    let elsewhere = arn.replace(":db:orders", ":db:others");
    let of_other_account = arn.replace(&scene.world.account, "111122223333");
    manage(&mut scene, &master, &[]);
    let rotation = scene.created().await;
    for (tags, why) in [
        (&[][..], "has not put exactly one of the tags"),
        (&[(INSTANCE, arn.as_str()), (CLUSTER, arn.as_str())][..], "has not put exactly one of the tags"),
        (&[(INSTANCE, elsewhere.as_str())][..], "RDS does not know"),
        (&[(INSTANCE, of_other_account.as_str())][..], "which is not a database beside it"),
    ] {
        manage(&mut scene, &master, tags);
        let said = scene.refusal(&rotation, "setSecret").await;
        assert!(said.contains(why), "{why}: {said}");
    }
    manage(&mut scene, &master, &[(INSTANCE, &arn)]);
    scene.steps(&rotation, &STEPS[1..]).await;
    rotation.end_of_test(&scene.world).await;
    // A secret that is tagged as this one is, and that RDS does not call its master's.
    name(&scene, &other, None).await;
    manage(&mut scene, &other, &[(INSTANCE, &arn)]);
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(said.contains(&format!("RDS does not say of {arn} that {other} is its master secret")), "{said}");
    // Nor can a caller make one: these tags are AWS's own.
    let forged = secrets_manager(&scene.world).tag_resource().secret_id(&scene.secret);
    let tag = aws_sdk_secretsmanager::types::Tag::builder().key(INSTANCE).value(&arn).build();
    assert!(forged.tags(tag).send().await.is_err());
}
