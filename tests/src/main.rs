//! What Signalbox promises, shown with real parts: real SDK clients against an AWS on loopback, the compiled binary
//! behind a Lambda Runtime API, the real templates deployed.
//!
//! One local AWS serves the whole run, and each test has an account of its own in it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails, helpers and all")]

mod agreement;
mod audit;
mod binary;
mod built;
mod closed_accounts;
mod converge;
mod databases;
mod deployed;
mod desk;
mod ec2;
mod economy;
mod emr;
mod emr_dns;
mod every_call;
mod faults;
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
mod react_org_change;
mod reconcile_shares;
mod roles;
mod rotate_bearer_token;
mod rotate_db_user;
mod rotations;
mod scene;
mod share_ami;
mod share_ebs_snapshot;
mod share_rds_snapshot;
mod stories;
mod tidy;
mod world;
