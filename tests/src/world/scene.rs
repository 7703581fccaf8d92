//! What every function's stories have in common: a world in which an event is about to be heard, and what comes of it.

use std::path::PathBuf;

use aws_sdk_ssm::types::ParameterType;
use expect_test::Expect;
use local_aws::Call;
use reaction::{Mode, Report};
use sharing_records::Grants;

use crate::templates::deployed::RECORDS;
use crate::world::World;

/// A world in which an event is about to be heard by one function.
pub trait Scene: Sized {
    /// What there is before the event comes.
    type Given: Clone;
    /// The function's name.
    const FUNCTION: &'static str;

    /// Sets `given` up in a new account, for the sample event of this name.
    async fn set_up(given: &Self::Given, sample: &str) -> Self;
    /// The account.
    fn world(&self) -> &World;
    /// The event, about this account.
    fn event(&self) -> &str;
    /// Hears the event.
    async fn hear(&self, mode: Mode) -> Report;
    /// What the function is about, as AWS answers: who may use what, or which records there are.
    async fn picture(&self) -> String;
    /// The text with the ids of the samples in place of those that AWS made up.
    fn with_sample_ids(&self, text: &str) -> String;
    /// Whether a call was made by credentials that the event brought, and so not by the function's role.
    fn is_by_what_the_event_brought(&self, _: &Call) -> bool {
        false
    }
    /// The same, and tables of grants and of their audit.
    fn with_tables(given: &Self::Given) -> Self::Given {
        given.clone()
    }
    /// The tables, where there are some.
    fn grants(&self) -> Option<Grants> {
        None
    }

    /// What the line of a thing begins with in [`Scene::picture`].
    fn line_of(&self, id: &str) -> String {
        self.with_sample_ids(id)
    }

    /// What the function's own template is given, beside what every function's is: here, what those that share have in common.
    fn parameters(&self) -> Vec<(String, String)> {
        let manifest = format!("s3://{}/share.json", self.world().bucket());
        let tables = [("GrantsTable", RECORDS[0]), ("AuditTable", RECORDS[1])];
        let given = [("Manifest", manifest.as_str()), ("AllowedAccounts", "everybody")].into_iter().chain(tables);
        given.map(|(name, value)| (name.into(), value.into())).collect()
    }

    /// Asserts that every audit is whole, with one outcome of each intent and nothing open, and that the grants that we own
    /// are shares that there are. Where there are no tables, there is nothing to assert.
    async fn assert_recorded(&self) {
        let Some(grants) = self.grants() else { return };
        let (recorded, shares) = (grants.all().await.unwrap(), self.picture().await);
        for (resource, head) in &recorded.heads {
            let items = grants.history(resource).await.unwrap();
            assert_eq!(sharing_records::verify(&items, head), Ok(()), "{items:#?}");
            assert_eq!(head.pending, None, "{resource} is settled");
            let outcomes = items.iter().filter(|it| it.of.is_some()).count();
            assert_eq!(outcomes * 2, items.len(), "each intent has one outcome");
        }
        for grant in &recorded.grants {
            let start = format!("{}: ", self.line_of(&grant.resource.id));
            let held = shares.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default();
            assert!(
                held.contains(&self.with_sample_ids(&grant.principal.to_string())),
                "{grant:?} is no share:\n{shares}"
            );
        }
    }
}

/// A sample event, what there is before it, and what comes of it.
pub struct Story<S: Scene> {
    /// The sample's name.
    pub sample: &'static str,
    /// What there is before.
    pub given: S::Given,
    /// What is said, and what AWS says before and after.
    pub expected: Expect,
}

/// Each story is a test of its own, named as its sample; together they are `all`.
macro_rules! chapter {
    ($scene:ty; $($name:ident: $given:expr, $expected:expr;)*) => {
        /// Every story.
        pub fn all() -> Vec<$crate::world::scene::Story<$scene>> {
            vec![$($name()),*]
        }
        $(
            fn $name() -> $crate::world::scene::Story<$scene> {
                let sample = $crate::world::scene::sample_of(stringify!($name));
                $crate::world::scene::Story { sample, given: $given, expected: $expected }
            }
        )*
        mod tests {
            $(
                #[tokio::test]
                async fn $name() {
                    $crate::world::scene::tell(super::$name()).await;
                }
            )*
        }
    };
}

/// A function whose stories are one chapter: every sample has a story, and every story a sample.
macro_rules! stories {
    ($scene:ty; $($story:tt)*) => {
        $crate::world::scene::chapter! { $scene; $($story)* }

        #[test]
        fn every_sample_event_is_told() {
            $crate::world::scene::assert_all_told(&all());
        }
    };
}

pub(crate) use {chapter, stories};

/// The sample of a story.
pub fn sample_of(story: &str) -> &'static str {
    story.replace('_', "-").leak()
}

/// Rehearses, looks that nothing changed, performs, and compares what was said and what AWS says.
pub async fn tell<S: Scene>(story: Story<S>) {
    let scene = S::set_up(&story.given, story.sample).await;
    let before = scene.picture().await;
    let rehearsed = scene.hear(Mode::Plan).await;
    assert_eq!(scene.picture().await, before, "a dry run changes nothing");
    let report = scene.hear(Mode::Apply).await;
    let steps = |report: &Report| report.steps.iter().map(|it| it.step.clone()).collect::<Vec<_>>();
    assert_eq!(steps(&rehearsed), steps(&report), "what is done is what was planned");
    let after = scene.picture().await;
    let change = if after == before { "nothing changed".into() } else { format!("before\n{before}after\n{after}") };
    let told = scene.with_sample_ids(&report.to_string());
    story.expected.assert_eq(&format!("{told}\n{}\n", change.trim_end()));
}

/// Asserts that every sample of the function has a story, and every story a sample.
pub fn assert_all_told<S: Scene>(stories: &[Story<S>]) {
    let mut told: Vec<_> = stories.iter().map(|story| format!("{}.json", story.sample)).collect();
    let files = std::fs::read_dir(samples(S::FUNCTION)).unwrap();
    let mut samples: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    told.sort();
    samples.sort();
    assert_eq!(told, samples);
}

/// The sample event of this name, as text.
pub fn read_sample(function: &str, name: &str) -> String {
    let path = samples(function).join(format!("{name}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where the sample events of a function lie.
fn samples(function: &str) -> PathBuf {
    local_aws::workspace().join("events").join(function)
}

/// Puts the manifest where the function reads it, and says where that is.
pub async fn put_manifest(world: &World, text: &str, is_parameter: bool) -> String {
    if !is_parameter {
        world.put_manifest(text).await;
        return format!("s3://{}/share.json", world.bucket());
    }
    let ssm = aws_sdk_ssm::Client::new(world.sessions.config());
    let request = ssm.put_parameter().name("/share").value(text).r#type(ParameterType::String);
    request.send().await.expect("the manifest is put");
    "ssm:/share".into()
}

/// These, sorted, as text.
pub fn sorted(mut who: Vec<String>) -> String {
    who.sort();
    if who.is_empty() { "no account".into() } else { who.join(", ") }
}
