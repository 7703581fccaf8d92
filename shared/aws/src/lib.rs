//! How Signalbox speaks to AWS: one configuration, sessions per account and region, what errors mean, paging, and
//! documents in S3 or Parameter Store.

mod acting;
mod assume;
mod clients;
mod config;
mod document;
mod error;
mod http;
mod json;
mod members;
mod pace;
mod pages;
mod sessions;
mod traced;

pub use acting::{actor, correlation_id, function_as_actor, in_name_of, trace_header};
pub use assume::{Identity, Narrowed, Role};
pub use aws_config::SdkConfig;
pub use clients::Clients;
pub use config::{Options, Patience};
pub use document::{Document, Location, body_of};
pub use error::{
    Again, Answer, DeniedByOrganization, detail, forbidden_by, has_no_policy, is_answered, is_closed_bucket,
    is_contended, is_denied, is_failed_condition, is_lost_race, is_other_code, is_outdated_revision, is_outrun,
    is_shared_too_often, is_taken, is_taken_version, is_under_way, is_unknown_cluster, is_without_organization,
    names_bad_account, names_bad_principal, refuses_combination, region_of_bucket, rejected_changes,
};
pub use http::{open_only, roots_of};
pub use json::{Api, Json, Rejected};
pub use members::{MEMBERS, Members};
pub use pace::{Pace, RATES, Rates};
pub use pages::{all_by_token, all_pages};
pub use sessions::{Home, Sessions};
pub use traced::DAEMON_ADDRESS;
