//! Options of a database that RDS does not let go: a snapshot with them cannot be shared.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html>

use aws::{Answer, is_denied};
use aws_sdk_rds::types::{Option as DbOption, StorageEncryptionType};
use reaction::{Doing, Error};
use sharing::OptionGroup;

use crate::Rds;

/// The options with which RDS shares snapshots of Oracle although it does not let them go.
const SHARED_BY_ORACLE: [&str; 2] = ["Timezone", "OLS"];

/// Whether RDS encrypts with a key that AWS owns: such a snapshot names no key, and is not unencrypted.
#[must_use]
pub fn is_aws_owned(encryption: Option<&StorageEncryptionType>) -> bool {
    encryption == Some(&StorageEncryptionType::Sse)
}

impl Rds {
    /// What the option group says of sharing a snapshot of this engine; one that came with the engine has no options.
    ///
    /// # Errors
    /// As of `DescribeOptionGroups`, denied access aside.
    pub async fn option_group(&self, group: Option<&str>, engine: &str) -> Result<OptionGroup, Error> {
        let Some(group) = group.filter(|group| !group.starts_with("default:")) else {
            return Ok(OptionGroup::Shareable);
        };
        self.pace.wait("DescribeOptionGroups").await;
        let answer = self.client.describe_option_groups().option_group_name(group).send().await;
        if answer.as_ref().is_err_and(is_denied) {
            return Ok(OptionGroup::Unread(group.into()));
        }
        let answer = answer.or_absent().doing(|| format!("reading the option group {group}"))?;
        let groups = answer.and_then(|answer| answer.option_groups_list).unwrap_or_default();
        let options = groups.into_iter().flat_map(|group| group.options.unwrap_or_default());
        let fixed = options.filter(|option| is_fixed(option, engine)).filter_map(|option| option.option_name);
        let options: Vec<_> = fixed.collect();
        Ok(if options.is_empty() {
            OptionGroup::Shareable
        } else {
            OptionGroup::Fixed { group: group.into(), options }
        })
    }
}

fn is_fixed(option: &DbOption, engine: &str) -> bool {
    let is_kept = option.persistent() == Some(true) || option.permanent() == Some(true);
    let is_shared = engine.contains("oracle") && SHARED_BY_ORACLE.contains(&option.option_name().unwrap_or_default());
    is_kept && !is_shared
}
