//! One account in the local AWS: what a test sets up in it, and what AWS says of it afterwards.

pub mod built;
pub mod calls;
pub mod daemon;
pub mod databases;
pub mod ec2;
pub mod emr;
pub mod fleet;
pub mod git;
pub mod lambda;
pub mod logs;
pub mod oauth2;
pub mod operator;
pub mod patching;
pub mod pipelines;
pub mod roles;
pub mod rotations;
pub mod scene;
pub mod tls;

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws::{Home, Members, Options, Patience, Sessions};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_organizations::types::OrganizationFeatureSet;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep, TokioSleep};
use local_aws::{Call, LocalAws};
use reaction::{Deadline, Run};
use share_ami::ShareAmi;
use sharing_aws::Settings;
use sharing_records::Grants;

use crate::world::roles::{EXTERNAL_ID, member_role};

/// The account of the sample events.
pub const SAMPLE_ACCOUNT: &str = "111122223333";

/// The region of the sample events.
pub const REGION: &str = "eu-west-1";

/// The ledger's table in every test's account.
pub const LEDGER: &str = "signalbox-ledger";

/// The table of the records of rotations in every test's account that has one.
pub const ROTATIONS: &str = "signalbox-rotations";

/// The table of deployments.
pub const DEPLOYMENTS: &str = "signalbox-deployments";

/// The table of grants in every test's account that has one.
pub const GRANTS: &str = "signalbox-grants";

/// The table of the audit in every test's account that has one.
pub const AUDIT: &str = "signalbox-audit";

/// A day.
pub const DAY: Duration = Duration::from_hours(24);

/// The local AWS of this run. It ends with this program, however that ends.
pub static AWS: LazyLock<LocalAws> =
    LazyLock::new(|| LocalAws::start().expect("the local AWS (`make setup` installs it)"));

static ACCOUNTS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Seconds by which this test's clock is ahead: it lets a lease lapse without anybody waiting. Each test has a
    /// thread of its own.
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

/// The time, and what this test added to it.
#[expect(clippy::disallowed_methods, reason = "the clock of the tests")]
pub fn now() -> SystemTime {
    let time = Duration::from_secs(AHEAD.get().unsigned_abs());
    if AHEAD.get() < 0 { SystemTime::now() - time } else { SystemTime::now() + time }
}

/// A run that begins now and may take this long.
pub fn run_for(time: Duration) -> Run {
    Run::new("a-test", "an-event", Deadline::new(now() + time, now))
}

/// An account of its own for one test, with clients.
pub struct World {
    /// The account.
    pub account: String,
    /// What reactions are made of.
    pub sessions: Arc<Sessions>,
    /// EC2 in [`REGION`].
    pub ec2: aws_sdk_ec2::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
}

impl World {
    /// A new account, empty but for the ledger's table.
    pub async fn new() -> Self {
        let account = format!("2{:011}", ACCOUNTS.fetch_add(1, Ordering::Relaxed));
        let sessions = sessions_of(&account).await;
        let world = Self::with(account, sessions);
        world.create_ledger().await;
        world
    }

    /// An account that somebody else has made, with the ledger's table where it is to have one.
    pub async fn of(account: &str) -> Self {
        Self::with(account.to_owned(), sessions_of(account).await)
    }

    /// The same account in another region.
    pub async fn in_region(&self, region: &'static str) -> Self {
        Self::with(self.account.clone(), sessions_in(&self.account, region).await)
    }

    fn with(account: String, sessions: Sessions) -> Self {
        let config = sessions.config();
        let (ec2, s3) = (aws_sdk_ec2::Client::new(config), aws_sdk_s3::Client::new(config));
        let dynamodb = aws_sdk_dynamodb::Client::new(config);
        Self { account, sessions: Arc::new(sessions), ec2, s3, dynamodb }
    }

    /// The same account in the name of a role that was made there, which may also act in these accounts, by its own role there, which
    /// asks for an external id. IAM judges what it does.
    pub async fn acting_as(&self, role: &str, accounts: &str) -> Self {
        let variable = |name: &str| match name {
            "SIGNALBOX_ACCOUNTS" => Some(accounts.to_owned()),
            "SIGNALBOX_MEMBER_ROLE" => Some(member_role(role)),
            "SIGNALBOX_EXTERNAL_ID" => Some(EXTERNAL_ID.into()),
            _ => None,
        };
        let members = Members::read(&variable).expect("settings of a test");
        let sessions = sessions_signed(&self.account, &format!("ASIA{}-{role}", self.account), REGION).await;
        Self::with(self.account.clone(), sessions.with_members(members))
    }

    /// Makes the ledger's table, empty.
    pub async fn create_ledger(&self) {
        self.create_table(LEDGER, &[("id", ScalarAttributeType::S)]).await;
    }

    /// Makes the table of the records of rotations, empty.
    pub async fn create_rotations(&self) {
        self.create_table(ROTATIONS, &[("id", ScalarAttributeType::S)]).await;
    }

    /// Makes the table of deployments, empty.
    pub async fn create_deployments(&self) {
        self.create_table(DEPLOYMENTS, &[("id", ScalarAttributeType::S), ("part", ScalarAttributeType::S)]).await;
    }

    /// Makes the table of patches, empty.
    pub async fn create_patches(&self) {
        let keys = [("place", ScalarAttributeType::S), ("item", ScalarAttributeType::S)];
        self.create_table(patching::PATCHES, &keys).await;
    }

    /// Makes the tables of grants and of their audit, empty.
    pub async fn create_grants_tables(&self) {
        self.create_grants_table().await;
        self.create_table(AUDIT, &[("resource", ScalarAttributeType::S), ("seq", ScalarAttributeType::N)]).await;
    }

    /// Loses the table of grants, and makes an empty one.
    pub async fn lose_grants(&self) {
        self.dynamodb.delete_table().table_name(GRANTS).send().await.expect("the table of grants is there");
        self.create_grants_table().await;
    }

    async fn create_grants_table(&self) {
        self.create_table(GRANTS, &[("resource", ScalarAttributeType::S), ("principal", ScalarAttributeType::S)]).await;
    }

    /// Makes a table with these keys.
    async fn create_table(&self, name: &str, keys: &[(&str, ScalarAttributeType)]) {
        let mut request = self.dynamodb.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        for ((key, of_type), role) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
            let attribute = AttributeDefinition::builder().attribute_name(*key).attribute_type(of_type.clone());
            let key = KeySchemaElement::builder().attribute_name(*key).key_type(role);
            request = request.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
        }
        request.send().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }

    /// Loses the ledger, and makes an empty one.
    pub async fn lose_ledger(&self) {
        self.dynamodb.delete_table().table_name(LEDGER).send().await.expect("the ledger's table is there");
        self.create_ledger().await;
    }

    /// The ledger of `share-ami` in this account.
    pub fn ledger(&self) -> ledger::DynamoLedger {
        ledger::DynamoLedger::new(&self.sessions, LEDGER, "share-ami")
    }

    /// The tables of grants and of their audit, as `share-ami` uses them.
    pub fn grants(&self) -> Grants {
        Grants::new(&self.sessions, GRANTS, AUDIT, "share-ami")
    }

    /// `share-ami`, with these settings.
    pub fn share_ami(&self, manifest: &str, allowed_accounts: Option<&str>, grants: Option<Grants>) -> ShareAmi {
        let variable = |name: &str| match name {
            "SIGNALBOX_MANIFEST" => Some(manifest.to_owned()),
            "SIGNALBOX_ALLOWED_ACCOUNTS" => allowed_accounts.map(String::from),
            _ => None,
        };
        let settings = Settings::of_command_line(&variable).expect("settings of a test");
        ShareAmi::new(self.sessions.clone(), settings, grants)
    }

    /// The bucket of this account's manifest.
    pub fn bucket(&self) -> String {
        format!("manifests-{}", self.account)
    }

    /// Makes a bucket, if there is none of that name.
    pub async fn make_bucket(&self, name: &str) {
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1).build();
        drop(self.s3.create_bucket().bucket(name).create_bucket_configuration(place).send().await);
    }

    /// Puts the manifest into S3.
    pub async fn put_manifest(&self, text: &str) {
        self.make_bucket(&self.bucket()).await;
        let request = self.s3.put_object().bucket(self.bucket()).key("share.json");
        request.body(text.as_bytes().to_vec().into()).send().await.expect("the manifest is put");
    }

    /// Makes the account manage an organization with a unit of one account.
    pub async fn make_organization(&self) -> Organization {
        let organizations = aws_sdk_organizations::Client::new(self.sessions.config());
        let made = organizations.create_organization().feature_set(OrganizationFeatureSet::All).send().await.unwrap();
        let organization = made.organization.unwrap().id.unwrap();
        let root = organizations.list_roots().send().await.unwrap().roots.unwrap()[0].id.clone().unwrap();
        let unit = organizations.create_organizational_unit().parent_id(&root).name("unit").send().await.unwrap();
        let unit = unit.organizational_unit.unwrap().id.unwrap();
        let member = organizations.create_account().email("member@example.com").account_name("member").send().await;
        let member = member.unwrap().create_account_status.unwrap().account_id.unwrap();
        let moved = organizations.move_account().account_id(&member).source_parent_id(&root);
        moved.destination_parent_id(&unit).send().await.unwrap();
        let manager = (self.account.clone(), SAMPLE_ACCOUNT);
        let named = [(organization, "o-exampleorgid"), (unit, "ou-ab12-cd34ef56"), (member, "222233334444"), manager];
        Organization(named.into())
    }

    /// The calls that were made in this account since the first `skipped` ones, as `service:Operation`.
    pub fn operations_since(&self, skipped: usize) -> Vec<String> {
        let calls = AWS.calls_since(&self.account, skipped);
        calls.into_iter().map(|Call { service, operation, .. }| format!("{service}:{operation}")).collect()
    }

    /// How many calls were made in this account.
    pub fn calls(&self) -> usize {
        AWS.count(&self.account)
    }

    /// Ends when so many calls were made in this account.
    pub async fn reach(&self, calls: usize) {
        loop {
            let next = AWS.next_call(&self.account);
            if self.calls() >= calls {
                return;
            }
            next.await;
        }
    }
}

/// An organization, its unit, the account in that and the one that manages it: the id of each, and what the samples call
/// it. Without any, there is no organization.
#[derive(Default)]
pub struct Organization(Vec<(String, &'static str)>);

impl Organization {
    /// The text of a sample with the ids of this organization.
    pub fn with_own_ids(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (id, name)| text.replace(name, id))
    }

    /// The text with the ids of the samples.
    pub fn with_sample_ids(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
    }
}

/// For how long a call may be tried, which no clock measures: see [`UntilSilence`].
const ATTEMPT: Duration = Duration::from_secs(4);

/// Lets the SDK's timeouts elapse when the local AWS leaves a call without an answer, and never else. However slow the machine is,
/// what is answered is waited for; and what is not answered costs no time.
#[derive(Debug)]
struct UntilSilence {
    account: String,
}

impl AsyncSleep for UntilSilence {
    fn sleep(&self, duration: Duration) -> Sleep {
        match duration {
            ATTEMPT => Sleep::new(AWS.silence(&self.account)),
            // A pause between attempts; all longer ones are timeouts, of connections or of whole calls.
            pause if pause < Duration::from_secs(1) => TokioSleep::new().sleep(pause),
            _ => Sleep::new(std::future::pending()),
        }
    }
}

/// Sessions of an account in the local AWS, with pauses of a millisecond, whose timeouts depend on no machine's speed.
pub async fn sessions_of(account: &str) -> Sessions {
    sessions_in(account, REGION).await
}

async fn sessions_in(account: &str, region: &'static str) -> Sessions {
    sessions_signed(account, account, region).await
}

async fn sessions_signed(account: &str, access_key: &str, region: &'static str) -> Sessions {
    let options = Options {
        region: Some(region.into()),
        endpoint_url: Some(AWS.endpoint().into()),
        credentials: Some(aws_sdk_ec2::config::Credentials::new(access_key, "test", None, None, "tests")),
        patience: Patience { backoff: Duration::from_millis(1), attempt: ATTEMPT, ..Patience::default() },
        sleep: SharedAsyncSleep::new(UntilSilence { account: account.to_owned() }),
        ..Options::new(now)
    };
    let sessions = Sessions::load(&options).await.expect("a region is set");
    sessions.know_home(Home { account: account.parse().expect("12 digits"), partition: "aws".into() });
    sessions
}

/// What is left of the day (UTC) by this test's clock.
pub fn rest_of_day() -> Duration {
    let since_midnight = now().duration_since(UNIX_EPOCH).unwrap().as_secs() % DAY.as_secs();
    Duration::from_secs(DAY.as_secs() - since_midnight)
}

/// Moves this test's clock on.
pub fn let_time_pass(time: Duration) {
    AHEAD.set(AHEAD.get().strict_add_unsigned(time.as_secs()));
}

/// Moves this test's clock back, before it makes anything. A test that needs some hours of one day gets them in this way and not by moving
/// on: the clock of AWS would then be behind, and what it has just made would seem to be old.
pub fn begin_earlier(time: Duration) {
    AHEAD.set(AHEAD.get().strict_sub_unsigned(time.as_secs()));
}
