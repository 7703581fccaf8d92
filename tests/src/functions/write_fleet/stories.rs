//! The stories of `write-fleet`.

use expect_test::expect;

use super::Scene;
use crate::world::fleet::Given;
use crate::world::scene::stories;

/// A manifest that shares images which the member may have.
pub fn shared() -> Given {
    let manifest = r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012"]}}, "s3": {}, "rds": {}}"#;
    Given { manifest: Some(manifest.into()), ..Given::default() }
}

stories! { Scene;
    a_run_begins: shared(), expect![[r#""#]];
    an_account_is_worked_on: shared(), expect![[r#""#]];
}
