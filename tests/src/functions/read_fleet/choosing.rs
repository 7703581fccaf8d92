//! How many calls it takes to choose accounts where Organizations tells no paths, as moto does.

use aws_sdk_organizations::Client;
use reaction::{Mode, Outcome};
use serde_json::json;

use super::Scene;
use crate::world::fleet::Given;
use crate::world::scene::Scene as _;

/// How many accounts Organizations lists in a page.
const PAGE: usize = 20;

/// Units in a chain, each with some accounts.
const UNITS: usize = 4;
const IN_EACH: usize = 6;

async fn fill(client: &Client, root: &str) -> Vec<String> {
    let (mut units, mut parent) = (Vec::new(), root.to_owned());
    for number in 0..UNITS {
        let made = client.create_organizational_unit().parent_id(&parent).name(format!("unit-{number}"));
        parent = made.send().await.unwrap().organizational_unit.unwrap().id.unwrap();
        for account in 0..IN_EACH {
            let name = format!("account-{number}-{account}");
            let made = client.create_account().account_name(&name).email(format!("{name}@example.com")).send().await;
            let id = made.unwrap().create_account_status.unwrap().account_id.unwrap();
            let moved = client.move_account().account_id(id).source_parent_id(root).destination_parent_id(&parent);
            moved.send().await.unwrap();
        }
        units.push(parent.clone());
    }
    units
}

#[tokio::test]
async fn accounts_are_chosen_by_units_with_two_calls_for_each_unit_and_no_list_of_all() {
    let mut scene = Scene::set_up(&Given::default(), "a-run-begins").await;
    let client = Client::new(scene.world.sessions.config());
    let root = client.list_roots().send().await.unwrap().roots.unwrap().remove(0).id.unwrap();
    let units = fill(&client, &root).await;
    // Units that lie in each other are asked for once.
    scene.ask(|request| request["select"] = json!({"targets": [units[0], units[1]], "ignore": [units[3]]}));
    let before = scene.world.calls();
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(report.notes[0].starts_with("18 accounts x 2 Regions; 6 accounts left alone"), "{report}");
    let asked: Vec<_> =
        scene.world.operations_since(before).into_iter().filter(|it| it.contains("organizations:")).collect();
    assert!(asked.len() <= UNITS * IN_EACH / PAGE + 2 * UNITS + 3, "{asked:?}");
    scene.ask(|request| request["select"] = json!({"targets": "all"}));
    scene.ask(|request| request["run"] = json!("identities-2"));
    let before = scene.world.calls();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let asked: Vec<_> =
        scene.world.operations_since(before).into_iter().filter(|it| it.contains("organizations:")).collect();
    assert!(asked.len() <= (UNITS * IN_EACH + 2).div_ceil(PAGE), "{asked:?}");
}
