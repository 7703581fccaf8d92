//! Where RDS says that the database is whose master secret it manages.
//!
//! RDS puts the ARN of the instance or cluster into a tag that only AWS can write, and names the secret in what it says of that
//! instance or cluster. Both must agree.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html>

use aws::{Answer, Clients};
use aws_sdk_rds::Client;
use reaction::{Doing, Error};
use rotation::SecretArn;
use rotation_steps::Owner;

use crate::engine::Engine;

/// The service's name, where it manages a secret.
pub(crate) const RDS: &str = "rds";

/// The tags by which RDS says whose master a secret is of.
const INSTANCE: &str = "aws:rds:primaryDBInstanceArn";
const CLUSTER: &str = "aws:rds:primaryDBClusterArn";

/// Where a database listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The kind of server.
    pub engine: Engine,
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// What RDS says of an instance or a cluster.
struct Described {
    engine: Option<String>,
    host: Option<String>,
    port: Option<i32>,
    master: Option<String>,
}

/// Where the database is whose master secret this is.
///
/// # Errors
/// `Refused` where RDS knows of no such database, or does not manage this secret for it.
pub(crate) async fn place_of(clients: &Clients<Client>, secret: &SecretArn, owner: &Owner) -> Result<Place, Error> {
    let client = clients.at(&secret.account, &secret.region).await?;
    let [instance, cluster] = [INSTANCE, CLUSTER].map(|tag| owner.tags.get(tag));
    let (arn, described) = match (instance, cluster) {
        (Some(arn), None) => (arn, instance_of(&client, identifier(secret, arn, "db")?).await),
        (None, Some(arn)) => (arn, cluster_of(&client, identifier(secret, arn, "cluster")?).await),
        _ => {
            return Err(Error::refused(format!(
                "the master secret {secret}: RDS manages it, but has not put exactly one of the tags {INSTANCE} and {CLUSTER} on it"
            )));
        }
    };
    let described = described.doing(|| format!("reading {arn}"))?;
    let described =
        described.ok_or_else(|| Error::refused(format!("RDS does not know {arn}, the database of {secret}")))?;
    described.place(secret, arn)
}

/// The name in the ARN of a database, which lies where its secret does.
fn identifier<'a>(secret: &SecretArn, arn: &'a str, kind: &str) -> Result<&'a str, Error> {
    let SecretArn { partition, region, account, .. } = secret;
    let place = format!("arn:{partition}:rds:{region}:{account}:{kind}:");
    let name = arn.strip_prefix(&place).filter(|name| !name.is_empty());
    name.ok_or_else(|| {
        Error::refused(format!("the master secret {secret} is of {arn}, which is not a database beside it"))
    })
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html>
async fn instance_of(client: &Client, name: &str) -> Result<Option<Described>, Error> {
    let answer = client.describe_db_instances().db_instance_identifier(name).send().await.or_absent()?;
    let found = answer.and_then(|it| it.db_instances.unwrap_or_default().into_iter().next());
    Ok(found.map(|it| {
        let endpoint = it.endpoint.as_ref();
        Described {
            host: endpoint.and_then(|it| it.address.clone()),
            port: endpoint.and_then(|it| it.port),
            engine: it.engine,
            master: it.master_user_secret.and_then(|it| it.secret_arn),
        }
    }))
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html>
async fn cluster_of(client: &Client, name: &str) -> Result<Option<Described>, Error> {
    let answer = client.describe_db_clusters().db_cluster_identifier(name).send().await.or_absent()?;
    let found = answer.and_then(|it| it.db_clusters.unwrap_or_default().into_iter().next());
    Ok(found.map(|it| Described {
        host: it.endpoint,
        port: it.port,
        engine: it.engine,
        master: it.master_user_secret.and_then(|it| it.secret_arn),
    }))
}

impl Described {
    fn place(self, secret: &SecretArn, arn: &str) -> Result<Place, Error> {
        if self.master.as_deref() != Some(secret.to_string().as_str()) {
            return Err(Error::refused(format!(
                "RDS does not say of {arn} that {secret} is its master secret; bind the secret to the one that it names"
            )));
        }
        let engine = self.engine.unwrap_or_default();
        let engine = engine.parse().map_err(|_| {
            Error::refused(format!(
                "{arn} is of the engine `{engine}`, and Signalbox rotates users of PostgreSQL, MySQL and MariaDB"
            ))
        })?;
        let port = self.port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0);
        match (self.host.filter(|host| !host.is_empty()), port) {
            (Some(host), Some(port)) => Ok(Place { engine, host, port }),
            _ => Err(Error::failed(format!("RDS does not say yet where {arn} listens"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Described, Place, identifier};
    use crate::engine::Engine;

    const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1234-AbCdEf";
    const INSTANCE: &str = "arn:aws:rds:eu-west-1:111122223333:db:orders";

    fn described(engine: &str) -> Described {
        let host = Some("orders.abc.eu-west-1.rds.amazonaws.com".to_owned());
        Described { engine: Some(engine.into()), host, port: Some(5432), master: Some(SECRET.into()) }
    }

    fn place(described: Described) -> Result<Place, String> {
        described.place(&SECRET.parse().unwrap(), INSTANCE).map_err(|error| error.to_string())
    }

    #[test]
    fn a_place_is_what_rds_says_of_the_database_that_names_the_secret() {
        assert_eq!(place(described("aurora-postgresql")).unwrap().engine, Engine::Postgres);
        let other = SECRET.replace("1234", "5678");
        for (described, why) in [
            (Described { master: None, ..described("postgres") }, "is its master secret; bind"),
            (Described { master: Some(other), ..described("postgres") }, "is its master secret; bind"),
            (described("oracle-ee"), "of the engine `oracle-ee`"),
            (Described { host: None, ..described("postgres") }, "does not say yet where"),
            (Described { port: Some(0), ..described("postgres") }, "does not say yet where"),
        ] {
            let said = place(described).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn a_database_lies_beside_its_secret() {
        let of = |arn: &str| identifier(&SECRET.parse().unwrap(), arn, "db").map(str::to_owned).ok();
        assert_eq!(of(INSTANCE).as_deref(), Some("orders"));
        for other in
            [INSTANCE.replace("1111", "2222"), INSTANCE.replace("west", "east"), INSTANCE.replace(":db:", ":cluster:")]
        {
            assert_eq!(of(&other), None, "{other}");
        }
    }
}
