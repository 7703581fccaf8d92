//! Instances that are scanned for patches, and the history that is kept of them. The model is the number of an instance: every fourth
//! one misses a patch later, every fourth one was mended, every fourth one is as it was, and every fourth one is gone.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use crate::functions::report_patches::{CLEAN, FOUND, SWEEP, recorded};
use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, Kind, time_of};
use crate::world::patching::{PATCHES, Told, hours_ago, make_baseline, name, register, run, tell};
use crate::world::scene::read_sample;
use crate::world::{AWS, World};

/// The patch group of all.
const GROUP: &str = "Linux Servers";

/// What is told of a missing patch.
const MISSING: &str = "openssl.x86_64 is missing (Critical, Security)";

/// The instances of an account.
pub struct Instances {
    world: World,
    ids: Vec<String>,
    /// When they were scanned: first, and after the change.
    times: [String; 2],
}

impl Instances {
    /// So many instances.
    pub async fn new(count: usize) -> Self {
        let world = World::new().await;
        world.create_patches().await;
        make_baseline(&world, GROUP).await;
        let ids = run(&world, count - count / 4).await.into_iter();
        let ids = ids.enumerate().flat_map(|(number, id)| {
            let gone = (number % 3 == 2).then(|| format!("i-0fedcba98765{number:05}"));
            [id].into_iter().chain(gone)
        });
        let instances = Self { ids: ids.collect(), world, times: [hours_ago(5), hours_ago(1)] };
        for (number, id) in instances.ids.iter().enumerate() {
            if number % 4 != 3 {
                name(&instances.world, id, &[("Patch Group", GROUP)]).await;
                register(&instances.world, id, 30).await;
                instances.tell(number, 0, scans(number)[0]).await;
            }
        }
        instances
    }

    async fn tell(&self, number: usize, time: usize, found: Option<&Told>) {
        if let Some(found) = found {
            tell(&self.world, &self.ids[number], GROUP, found, &self.times[time]).await;
        }
    }

    /// What the table has of an instance in the end.
    fn expected(&self, number: usize) -> Vec<String> {
        let id = &self.ids[number];
        let told = scans(number).into_iter().zip(&self.times).filter_map(|(scan, time)| Some((scan?, time)));
        let told: Vec<_> = told.collect();
        let last = told.last().map(|(_, last)| format!("{id}: {last}, told: nothing\n"));
        let scans = told.iter().map(|(scan, time)| {
            let problems = if scan.patches.is_empty() { "nothing" } else { MISSING };
            format!("{id}: scan {time}: {problems}\n")
        });
        last.into_iter().chain(scans).collect()
    }

    fn event_of(&self, thing: usize, number: usize) -> Value {
        let sample = ["an-instance-misses-patches", "an-instance-is-compliant"][number % 2];
        let text = read_sample("report-patches", sample).replace("111122223333", &self.world.account);
        let text = text.replace("i-0123456789abcdef0", &self.ids[thing]);
        let mut event: Value = serde_json::from_str(&text).unwrap();
        event["time"] = json!(format!("{}Z", time_of(number)));
        event
    }

    /// How many reports EventBridge got.
    fn sent(&self) -> usize {
        AWS.calls(&self.world.account).iter().filter(|it| it.operation == "PutEvents").count()
    }
}

/// What the scans of an instance find: at first, and after the change.
fn scans(number: usize) -> [Option<&'static Told>; 2] {
    match number % 4 {
        0 => [Some(&CLEAN), Some(&FOUND)],
        1 => [Some(&FOUND), Some(&CLEAN)],
        2 => [Some(&CLEAN), None],
        _ => [None, None],
    }
}

impl Kind for Instances {
    fn function(&self) -> &'static str {
        "report-patches"
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn parameters(&self) -> Vec<(String, String)> {
        given([("PatchesTable", PATCHES)])
    }

    fn things(&self) -> usize {
        self.ids.len()
    }

    fn calls(&self) -> &'static [Calls] {
        &[("dynamodb", None, 5), ("ssm", None, 2)]
    }

    fn event(&self, thing: usize, number: usize) -> LocalBoxFuture<'_, Value> {
        async move { self.event_of(thing, number) }.boxed_local()
    }

    fn change(&self) -> LocalBoxFuture<'_, ()> {
        async {
            for number in 0..self.ids.len() {
                self.tell(number, 1, scans(number)[1]).await;
            }
        }
        .boxed_local()
    }

    /// Events report nothing; the sweep reports once what misses a patch now.
    fn check<'a>(&'a self, functions: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async {
            let mut expected: Vec<_> = (0..self.ids.len()).flat_map(|number| self.expected(number)).collect();
            expected.sort();
            assert_eq!(recorded(&self.world).await, expected);
            assert_eq!(self.sent(), 0);
            let sweep = serde_json::from_str(SWEEP).unwrap();
            let (report, _) = functions.ask_until_done(&sweep).await;
            let worse = self.ids.len().div_ceil(4);
            assert_eq!((&report["counts"]["patches"]["worse"], self.sent()), (&json!(worse), 1), "{report}");
            let (report, _) = functions.ask_until_done(&sweep).await;
            assert_eq!((&report["outcome"], self.sent()), (&json!("unchanged"), 1), "{report}");
        }
        .boxed_local()
    }
}
