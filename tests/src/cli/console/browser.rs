//! The console of `signalbox up` in a real browser: Debian's chromium, driven by Playwright, judged by axe-core.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::Console;
use crate::cli::up::Up;

/// Runs `tests/browser/console.py`: what it prints. It ends with 1 where a page is wrong.
fn use_browser(arguments: &[&str]) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut browser = Command::new(format!("{root}/.local/browser/bin/python"));
    browser.arg(format!("{root}/tests/browser/console.py")).args(arguments);
    let ran = browser.stdin(Stdio::null()).output().expect("run `make setup` first");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

impl Console {
    /// Asserts that axe-core finds nothing on these pages, light and dark, narrow and wide, and that they fit their window.
    pub(super) fn assert_clean(&self, paths: &[&str]) {
        use_browser(&[&["judge", &format!("http://{}", self.address), &self.cookie], paths].concat());
    }
}

#[tokio::test]
async fn an_event_is_sent_arrives_is_opened_and_shows_what_aws_has() {
    let up = Up::start();
    let seen: Value = serde_json::from_slice(&use_browser(&[up.link()])).unwrap();
    let image = seen["event"]["resources"][0].as_str().and_then(|it| it.rsplit('/').next()).unwrap();
    let permissions = up.ec2(None).await.describe_image_attribute().image_id(image);
    let attribute = aws_sdk_ec2::types::ImageAttributeName::LaunchPermission;
    let permissions = permissions.attribute(attribute).send().await.unwrap();
    let accounts: Vec<_> = permissions.launch_permissions().iter().filter_map(|it| it.user_id()).collect();
    let steps = seen["steps"].as_str().unwrap();
    assert!(!accounts.is_empty());
    assert!(accounts.iter().all(|account| steps.contains(account)), "{accounts:?} of {image}: {steps}");
    assert_eq!(seen["pages"], 14, "every page of the navigation, the event's without and with its trace, and an audit");
}
