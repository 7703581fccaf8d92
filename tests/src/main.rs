//! What Signalbox promises, shown with real parts: real SDK clients against an AWS on loopback, the compiled binary
//! behind a Lambda Runtime API, the real templates deployed.
//!
//! One local AWS serves the whole run, and each test has an account of its own in it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails, helpers and all")]

mod agreement;
mod audit;
mod binary;
mod built;
mod checks;
mod closed_accounts;
mod converge;
mod databases;
mod deployed;
mod descriptions;
mod desk;
mod ec2;
mod economy;
mod emr;
mod entry_points;
mod every_call;
mod fleet;
mod grants;
mod hazards;
mod infra;
mod ledger;
mod local_emr;
mod local_secrets;
mod manifest;
mod members;
mod oauth2;
mod obstacles;
mod organizations;
mod paging;
mod policies;
mod roles;
mod rotations;
mod scene;
mod tidy;
mod world;

/// The scene of each function: its world, its stories and the tests of its own.
macro_rules! scenes {
    ($($name:ident)*) => {
        $(mod $name;)*
    };
}
suite::functions! { scenes }
