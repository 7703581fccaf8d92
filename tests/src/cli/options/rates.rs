//! How fast AWS is called: it refuses what comes faster than it documents. Whatever the machine's speed, what keeps to the documented
//! rate is never refused, since the bucket of the local AWS is larger than the documented one.

use std::collections::BTreeMap;

use local_aws::{Fault, FaultKind};
use serde_json::{Value, json};

use super::place::Place;
use super::{idle, rows};
use crate::cli::Shell;
use crate::functions::reconcile_shares::{MANIFEST, SWEEP, Scene};
use crate::world::AWS;
use crate::world::emr::{make_private_zone, make_vpc};

/// Hosted zones, each of which a sweep of names reads: Route 53 answers five at once, and five a second after that.
const ZONES: usize = 18;
/// Steps of a plan, each of which asks EC2 of an image: it answers a hundred at once, and twenty a second after that.
const STEPS: usize = 150;

/// A plan of this many images that are gone.
fn many(plan: &str) -> String {
    let mut plan: Value = serde_json::from_str(plan).unwrap();
    let is_of_image = |step: &&Value| step["changes"][0].to_string().contains(":image/");
    let step = plan["steps"].as_array().unwrap().iter().find(is_of_image).unwrap().clone();
    let arn = step["changes"][0]["arn"].as_str().unwrap().to_owned();
    let one = |number: usize| {
        let mut step = step.clone();
        step["changes"].as_array_mut().unwrap().truncate(1);
        serde_json::from_str::<Value>(
            &step.to_string().replace(&arn, &format!("arn:aws:ec2:eu-west-1::image/ami-{number:017x}")),
        )
        .unwrap()
    };
    plan["steps"] = json!((0..STEPS).map(one).collect::<Vec<_>>());
    plan.to_string()
}

/// Has AWS refuse one call that comes too fast, and answer all others with an error at once.
fn limit(account: &str) {
    AWS.clear_faults(account);
    let limits = BTreeMap::from([("ListResourceRecordSets", (9, 300)), ("DescribeImageAttribute", (110, 1_200))]);
    for (operation, (burst, per_minute)) in limits {
        let code = if burst > 100 { "InvalidAMIID.NotFound" } else { "NoSuchHostedZone" };
        let error = FaultKind::Error { status: 400, code: code.into(), message: "it is gone".into() };
        for (kind, times) in [(FaultKind::Quota { burst, per_minute }, 1), (error, usize::MAX)] {
            AWS.inject(&Fault { operation: Some(operation.into()), times, ..Fault::new(account, kind) });
        }
    }
}

#[tokio::test]
async fn without_the_documented_rates_aws_refuses_calls() {
    let scene = Scene::new().await;
    let shell = Shell::at(&scene);
    let (vpc, _) = make_vpc(&scene.world).await;
    for number in 0..ZONES {
        make_private_zone(&scene.world, &format!("z{number}.example.com"), &vpc).await;
    }
    shell.write("share.json", MANIFEST);
    shell.write("sweep.json", SWEEP);
    shell.run(&["plan", "--manifest", "share.json", "--out", "plan.json"]);
    let plan = std::fs::read_to_string(shell.folder.join("plan.json")).unwrap();
    std::fs::write(shell.folder.join("many.json"), many(&plan)).unwrap();
    let place = Place::of(&scene.world.account);
    let mut rows = rows::all(&place);
    rows.retain(|row| row.option == "rates");
    let idle = idle(&shell, &place, rows, async |_| limit(&place.account)).await;
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}
