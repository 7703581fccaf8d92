//! `make deploy` and `make rollback` by an operator's shell. The zips are those of debug builds: a release build would take CI half an hour.

use std::path::Path;
use std::sync::LazyLock;

use local_aws::deploy::package;
use serde_json::Value;
use tokio::sync::MutexGuard;

use super::account::ONE_AT_A_TIME;
use crate::functions::share_ami::{GIVEN, Scene};
use crate::world::built::binary;
use crate::world::operator::{Operator, Ran};

/// The profiles that the runbook's commands name.
const PROFILES: [&str; 4] = ["test", "production", "hub", "member"];

/// Two releases of the same function, which differ in what no program reads.
static RELEASES: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("signalbox-release-{}", std::process::id()));
    let later = std::fs::read(binary("share-ami")).unwrap();
    std::fs::write(&folder, [later.as_slice(), b"later"].concat()).unwrap();
    let releases = [package(&binary("share-ami")).unwrap(), package(&folder).unwrap()];
    std::fs::remove_file(&folder).unwrap();
    releases
});

/// An operator who deploys `share-ami` to the account of a scene.
pub struct Shipping {
    /// What there is to share, and the manifest.
    pub scene: Scene,
    /// The operator.
    pub operator: Operator,
    _alone: MutexGuard<'static, ()>,
}

impl Shipping {
    /// A new account, and two releases.
    pub async fn begin() -> Self {
        let alone = ONE_AT_A_TIME.lock().await;
        let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
        let operator = Operator::of(&scene.world.account, &PROFILES);
        for (name, zip) in ["first", "second"].iter().zip(RELEASES.iter()) {
            std::fs::create_dir_all(operator.folder.join(name)).unwrap();
            std::fs::write(operator.folder.join(name).join("share-ami.zip"), zip).unwrap();
            let summed = operator.run(&format!("cd {name} && sha256sum share-ami.zip > SHA256SUMS"));
            assert_eq!(summed.code, Some(0), "{}", summed.said);
        }
        Self { scene, operator, _alone: alone }
    }

    /// Runs make in the workspace; with the Python of the system, as others may bring an AWS CLI of their own.
    pub fn make(&self, arguments: &str) -> Ran {
        self.operator.run_in(&local_aws::workspace(), &format!("make --silent PYTHON=/usr/bin/python3 {arguments}"))
    }

    /// Deploys a release, acting: `first` or `second`.
    pub fn deploy(&self, release: &str) -> Ran {
        let (bucket, folder) = (self.scene.world.bucket(), self.operator.folder.display());
        let given = format!("BUCKET={bucket} MANIFEST=s3://{bucket}/share.json ALLOWED=everybody MODE=Apply");
        self.make(&format!("deploy FUNCTIONS=share-ami ZIPS={folder}/{release} {given}"))
    }

    /// What the operator's shell prints of the function.
    pub fn ask(&self, command: &str) -> String {
        let ran = self.operator.run(command);
        assert_eq!(ran.code, Some(0), "{command}: {}", ran.said);
        ran.out.trim().to_owned()
    }

    /// The checksum of the code that runs.
    pub fn running(&self) -> String {
        self.ask("aws lambda get-function --function-name share-ami --query Configuration.CodeSha256 --output text")
    }

    /// The checksum of a release as Lambda writes it.
    pub fn sum_of(&self, release: &str) -> String {
        let script = "import base64, hashlib, sys; print(base64.b64encode(hashlib.sha256(open(sys.argv[1], 'rb').read()).digest()).decode())";
        self.ask(&format!("/usr/bin/python3 -c \"{script}\" {release}/share-ami.zip"))
    }

    /// The releases that the bucket lists, the one that runs last.
    fn listed(&self) -> Vec<Value> {
        let (bucket, account) = (self.scene.world.bucket(), &self.scene.world.account);
        let listed = self.ask(&format!("aws s3 cp s3://{bucket}/share-ami/releases-{account} -"));
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Asserts that a command did what it was told.
pub fn done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
}

fn assert_refused(ran: &Ran, said: &str) {
    assert!(ran.code != Some(0) && ran.said.contains(said), "{said}: {}{}", ran.out, ran.said);
}

#[tokio::test]
async fn two_releases_are_deployed_and_the_second_is_rolled_back() {
    let shipping = Shipping::begin().await;
    assert_refused(&shipping.make("rollback FUNCTION=share-ami"), "there is no stack signalbox-share-ami");
    done(&shipping.deploy("first"));
    assert_eq!(shipping.running(), shipping.sum_of("first"));
    assert_refused(&shipping.make("rollback FUNCTION=share-ami"), "has no release of share-ami before");
    done(&shipping.deploy("second"));
    assert_eq!((shipping.running(), shipping.listed().len()), (shipping.sum_of("second"), 2));
    let back = shipping.make("rollback FUNCTION=share-ami");
    done(&back);
    assert!(back.out.contains("share-ami runs share-ami/") && back.out.contains(" again, and ran "), "{}", back.out);
    assert_eq!((shipping.running(), shipping.listed().len()), (shipping.sum_of("first"), 1));
    // The template and its parameters stay: it acts, by the same manifest.
    shipping.operator.write("event.json", &shipping.scene.event);
    let invoke = "aws lambda invoke --function-name share-ami --payload fileb://event.json answer.json >&2; jq -r .outcome answer.json";
    assert_eq!(shipping.ask(invoke), "applied");
    assert!(shipping.scene.picture().await.starts_with("image: 123456789012, 987654321098\n"));
    // What was rolled back is not a release to go back to: after it comes the next one.
    done(&shipping.deploy("second"));
    done(&shipping.make("rollback FUNCTION=share-ami"));
    assert_eq!(shipping.running(), shipping.sum_of("first"));
}

#[tokio::test]
async fn a_stage_says_account_and_parameters_and_nothing_goes_elsewhere() {
    let shipping = Shipping::begin().await;
    let account = shipping.scene.world.account.clone();
    let elsewhere = shipping.deploy("first ACCOUNT=222233334444");
    assert_refused(&elsewhere, &format!("the credentials are of account {account}, and ACCOUNT is 222233334444"));
    std::fs::write(shipping.operator.folder.join("second/share-ami.zip"), "another").unwrap();
    assert_refused(&shipping.deploy("second"), "is not the one in");
    let stacks = "aws cloudformation describe-stacks --query 'Stacks[].StackName' --output text";
    assert_eq!(shipping.ask(stacks), "", "nothing is changed");
    let stage = Stage::new(&account, &shipping.scene.world.bucket());
    let zips = shipping.operator.folder.join("first");
    done(&shipping.make(&format!("deploy STAGE={} FUNCTIONS=share-ami ZIPS={}", stage.name, zips.display())));
    let given = "aws cloudformation describe-stacks --stack-name signalbox-share-ami --query 'Stacks[0].Parameters' --output json \
                 | jq -r '.[] | select(.ParameterKey == \"Mode\" or .ParameterKey == \"AllowedAccounts\").ParameterValue'";
    let mut given: Vec<_> = shipping.ask(given).lines().map(String::from).collect();
    given.sort();
    assert_eq!(given, ["222233334444", "Plan"]);
    assert_refused(
        &shipping.make(&format!("rollback STAGE={} FUNCTION=share-ami TO=no/such.zip", stage.name)),
        "is gone",
    );
}

/// A file of a stage, as long as the test needs it.
struct Stage {
    name: String,
}

impl Stage {
    fn new(account: &str, bucket: &str) -> Self {
        let name = format!("of-test-{account}");
        let text = format!(
            "AWS_PROFILE = test\nACCOUNT = {account}\nBUCKET = {bucket}\nMANIFEST = s3://{bucket}/share.json\n\
             ALLOWED = 222233334444\nMODE = Plan\n"
        );
        std::fs::write(Self::file(&name), text).unwrap();
        Self { name }
    }

    fn file(name: &str) -> std::path::PathBuf {
        Path::new(&local_aws::workspace()).join(format!("infra/stages/{name}.mk"))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(Self::file(&self.name));
    }
}
