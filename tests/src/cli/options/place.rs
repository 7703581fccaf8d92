//! What rows are about: an account with something of each kind, the files that rows name, and the same AWS behind TLS.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::managed::Managed;
use crate::cli::Shell;
use crate::functions::reconcile_shares::{MANIFEST, SWEEP};
use crate::world::ec2::{allow_launch, launchers, register as register_image};
use crate::world::emr::{PRIMARY, make_private_zone, make_vpc, put_record, run_cluster, terminate};
use crate::world::logs::write_log;
use crate::world::patching::{Told, hours_ago, register, tell};
use crate::world::scene::read_sample;
use crate::world::tls::certified;
use crate::world::{AWS, REGION};

/// An account that the manifest names and that no test is about.
pub const MEMBER: &str = "222233334444";

/// A node outside of EC2.
const NODE: &str = "mi-0123456789abcdef0";

/// What rows are about.
#[derive(Default)]
pub struct Place {
    /// Where the manifest lies.
    pub manifest: String,
    /// Where another one lies, which names nothing.
    pub empty: String,
    /// The local AWS behind TLS, and how often it was reached there.
    pub encrypted: String,
    by_tls: Arc<AtomicUsize>,
    /// The calling account, and the one whose keys the profile `elsewhere` has.
    pub account: String,
    pub elsewhere: String,
    /// The organization that the latter manages.
    pub managed: Managed,
    /// An image with an audit.
    pub image: String,
    /// A zone without a name.
    pub other_zone: String,
    pub zone: String,
    /// An image of which no event told.
    missed: Mutex<String>,
}

impl Place {
    /// Writes the files that rows name, makes names of clusters, and an audit.
    pub async fn prepare(shell: &Shell<'_>) -> Self {
        let scene = shell.scene;
        let account = scene.world.account.clone();
        let (elsewhere, by_tls) = (account.replacen('2', "3", 1), Arc::default());
        let mut place = Self {
            manifest: format!("s3://{}/share.json", scene.world.bucket()),
            empty: format!("s3://{}/empty.json", scene.world.bucket()),
            encrypted: behind_tls(shell, Arc::clone(&by_tls)),
            by_tls,
            managed: Managed::make(&elsewhere).await,
            elsewhere,
            image: scene.image.clone(),
            account,
            ..Self::default()
        };
        place.write_files(shell).await;
        register(&shell.scene.world, NODE, 30).await;
        let told = Told { hours: 50, operation: "Scan", patches: &[], pending: 0 };
        tell(&shell.scene.world, NODE, "Linux Servers", &told, &hours_ago(50)).await;
        place.name_clusters(shell).await;
        let line =
            r#"{"service": "emr-dns", "outcome": "applied", "message": "applied", "correlation_id": "an-old-event"}"#;
        write_log(&scene.world, "emr-dns", line, Duration::from_hours(3)).await;
        scene.sweep().await;
        place.restore(shell, "run", "sweep-period").await;
        shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
        let plan: Value =
            serde_json::from_str(&std::fs::read_to_string(shell.folder.join("plan.json")).unwrap()).unwrap();
        let step = plan["steps"][0].to_string().replace(&place.account, MEMBER);
        std::fs::write(shell.folder.join("step.json"), step).unwrap();
        place
    }

    /// An account with nothing of all that.
    pub fn of(account: &str) -> Self {
        Self { account: account.to_owned(), ..Self::default() }
    }

    /// The accounts that commands ask.
    pub fn accounts(&self) -> [&str; 4] {
        [&self.account, &self.elsewhere, &self.managed.first, &self.managed.second]
    }

    /// How often AWS was reached behind TLS.
    pub fn by_tls(&self) -> usize {
        self.by_tls.load(Ordering::Relaxed)
    }

    /// Takes back what a command that acts did: the ledger's records, the strange share and the records of both clusters. For
    /// one option there is also a new image.
    pub async fn restore(&self, shell: &Shell<'_>, command: &str, option: &str) {
        let world = &shell.scene.world;
        self.managed.restore(shell, option);
        if option == "sweep-period" {
            self.miss_an_event(shell).await;
        }
        if !["run", "apply", "fleet run"].contains(&command) {
            return;
        }
        world.lose_ledger().await;
        allow_launch(&world.ec2, &self.image, &["444455556666"], false).await;
        let clusters = std::fs::read_to_string(shell.folder.join("clusters")).unwrap();
        for (host, cluster) in ["etl", "gone"].iter().zip(clusters.split(' ')) {
            let (name, account) = (format!("{host}.example.com"), &self.account);
            let mark =
                format!("\"heritage=signalbox,owner=signalbox,cluster={cluster},account={account},region={REGION}\"");
            put_record(world, &self.zone, &name, "CNAME", 60, &[&node(host)]).await;
            put_record(world, &self.zone, &format!("_signalbox.{name}"), "TXT", 60, &[&mark]).await;
        }
    }

    /// Registers an image that the manifest names, of which no event told, where the last one is shared by now.
    async fn miss_an_event(&self, shell: &Shell<'_>) {
        let ec2 = &shell.scene.world.ec2;
        let last = self.missed.lock().unwrap().clone();
        if last.is_empty() || launchers(ec2, &last).await != "no account" {
            let image = register_image(ec2, "base_linux_v2", &[]).await;
            *self.missed.lock().unwrap() = image;
        }
    }

    async fn write_files(&self, shell: &Shell<'_>) {
        let world = &shell.scene.world;
        // Enough shares for a percentage of them.
        let mut manifest: Value = serde_json::from_str(MANIFEST).unwrap();
        let accounts: Vec<_> = (0..20).map(|number| format!("6000000000{number:02}")).collect();
        manifest["ami"]["base_linux_v"][REGION] = json!(accounts);
        shell.scene.put_manifest(&manifest.to_string()).await;
        shell.write("share.json", &manifest.to_string());
        let put = world.s3.put_object().bucket(world.bucket()).key("empty.json").body(b"{}".to_vec().into());
        put.send().await.unwrap();
        let ami = read_sample("share-ami", "an-image-became-available");
        let id = serde_json::from_str::<Value>(&ami).unwrap()["detail"]["ImageId"].as_str().unwrap().to_owned();
        shell.write("ami.json", &ami.replace(&id, &shell.scene.image));
        std::fs::write(shell.folder.join("member.json"), ami.replace("111122223333", MEMBER)).unwrap();
        shell.write("sweep.json", SWEEP);
        let recorded = json!({"name": "emr-dns", "id": "70de5b6f19ff9a0a", "start_time": 1.5, "end_time": 3.0});
        shell.write("trace.json", &recorded.to_string());
        let statement =
            json!({"Sid": "OfAFile", "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"});
        shell.write("policy.json", &json!({"Version": "2012-10-17", "Statement": [statement]}).to_string());
        std::fs::create_dir_all(shell.folder.join(".aws")).unwrap();
        let keys = format!("aws_access_key_id={}\naws_secret_access_key=test\n", self.elsewhere);
        std::fs::write(shell.folder.join(".aws/config"), format!("[profile elsewhere]\n{keys}")).unwrap();
        shell.write("rds.json", &automated(shell).await);
    }

    /// Makes a cluster with its name, and one that has ended and whose name is still there.
    async fn name_clusters(&mut self, shell: &Shell<'_>) {
        let world = &shell.scene.world;
        let (vpc, subnet) = make_vpc(world).await;
        self.zone = make_private_zone(world, "example.com", &vpc).await;
        self.other_zone = make_private_zone(world, "example.org", &vpc).await;
        let mut clusters = Vec::new();
        for host in ["etl", "gone"] {
            let (name, node) = (format!("{host}.example.com"), node(host));
            let tags = [("cluster_name", name.as_str()), ("other_name", "other.example.com"), (PRIMARY, node.as_str())];
            clusters.push(run_cluster(world, &subnet, &tags).await);
        }
        terminate(world, &clusters[1]).await;
        std::fs::write(shell.folder.join("clusters"), clusters.join(" ")).unwrap();
        let sample = read_sample("emr-dns", "a-cluster-is-running");
        shell.write("emr.json", &sample.replace("j-1YONHTCP3YZKC", &clusters[0]));
        let ended = sample.replace("j-1YONHTCP3YZKC", &clusters[1]).replace("RUNNING", "TERMINATED");
        shell.write("ended.json", &ended);
    }
}

fn node(host: &str) -> String {
    format!("ip-10-0-0-{}.eu-west-1.compute.internal", host.len())
}

/// The event of the snapshot that RDS makes by itself of a new database.
async fn automated(shell: &Shell<'_>) -> String {
    let rds = aws_sdk_rds::Client::new(shell.scene.world.sessions.config());
    let request = rds.create_db_instance().db_instance_identifier("base-db-v9").engine("postgres");
    let request = request.db_instance_class("db.t4g.micro").allocated_storage(20);
    request.master_username("app").master_user_password("not-a-secret").send().await.unwrap();
    let snapshots = rds.describe_db_snapshots().send().await.unwrap().db_snapshots.unwrap();
    let names = snapshots.iter().filter_map(|it| it.db_snapshot_identifier());
    let name = names.into_iter().find(|name| name.starts_with("rds:base-db-v9-")).unwrap();
    let sample = read_sample("share-rds-snapshot", "an-automated-snapshot-was-created");
    sample.replace("rds:base-db-v1-2026-11-02-05-30", name)
}

/// The local AWS behind TLS: its URL. The certificate is of an authority that only the file `authority.pem` knows.
fn behind_tls(shell: &Shell, reached: Arc<AtomicUsize>) -> String {
    let (pem, acceptor) = certified("localhost");
    shell.write("authority.pem", &pem);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    // A thread of its own, since a test that waits for a command lets no task go on.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(pass_on(listener, acceptor, reached));
    });
    format!("https://localhost:{port}")
}

async fn pass_on(listener: std::net::TcpListener, acceptor: TlsAcceptor, reached: Arc<AtomicUsize>) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, reached) = (acceptor.clone(), Arc::clone(&reached));
        tokio::spawn(async move {
            // A client that does not trust the certificate ends here.
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            reached.fetch_add(1, Ordering::Relaxed);
            let mut there = TcpStream::connect(AWS.endpoint().trim_start_matches("http://")).await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut there).await;
        });
    }
}
