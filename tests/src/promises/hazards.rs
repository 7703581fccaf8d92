//! Every hazard of sharing that AWS, or what it did to the projects that did so before, is known for: each with the tests that show
//! it, which are named as the hazard is. Those of this module are run against the local AWS; the others lie where what they show is
//! tested anyway. What else is known of one function stands in a file of that function; these tests read the lists of all files.
//!
//! Launch permissions take accounts, organizations and units; `createVolumePermission` takes accounts only.
//! - `functions/share-ami/src/tests.rs::an_organization_may_launch_and_its_snapshots_stay_with_accounts`
//! - `tests/src/functions/share_ami/stories.rs::an_image_became_available_for_an_organization`
//!
//! An image is useless for copying without its snapshots.
//! - `tests/src/promises/hazards/images.rs::an_image_is_useless_without_its_snapshots_so_they_are_shared_with_it`
//! - `tests/src/functions/share_ami/faults.rs::an_account_that_cannot_have_the_snapshot_is_named_and_may_launch_the_image`
//!
//! What the default key (aws/ebs, aws/rds) encrypts cannot be shared.
//! - `tests/src/promises/hazards/images.rs::what_the_default_key_encrypts_cannot_be_shared`
//! - `functions/share-ami/src/tests.rs::what_the_aws_managed_key_encrypts_cannot_be_shared`
//! - `functions/share-ebs-snapshot/src/tests.rs::what_the_aws_managed_key_encrypts_is_refused_and_a_customer_key_is_named`
//! - `functions/share-rds-snapshot/src/tests/obstacles.rs::what_the_aws_managed_key_encrypts_is_neither_shared_nor_copied`
//!
//! With a customer key the other account needs the key too.
//! - `functions/share-ami/src/tests.rs::with_a_customer_key_it_is_shared_and_a_note_names_the_key`
//! - `functions/share-rds-snapshot/src/tests.rs::a_note_names_those_whom_the_customer_key_does_not_admit`
//! - `shared/sharing/src/policy/tests/edit.rs::a_key_gets_two_statements_for_each_kind_of_holder`
//!
//! The attribute `restore` takes accounts only, 20 a snapshot.
//! - `tests/src/functions/reconcile_shares/stories.rs::the_payload_names_an_organizational_unit`
//! - `tests/src/promises/hazards/databases.rs::twenty_accounts_are_the_quota_and_of_more_none_gains_while_another_loses`
//! - `functions/share-rds-snapshot/src/tests.rs::more_accounts_than_the_quota_are_refused_before_anything_is_changed`
//! - `tests/src/functions/share_rds_snapshot/faults.rs::a_quota_that_is_smaller_than_usual_is_a_refusal_and_nobody_gains_or_loses`
//!
//! What is encrypted is never shared with `all`.
//! - `tests/src/promises/hazards/databases.rs::what_is_encrypted_is_never_shared_with_all`
//!
//! An automated snapshot must be copied first.
//! - `tests/src/functions/share_rds_snapshot/faults.rs::an_automated_snapshot_must_be_copied_first_and_the_copy_is_shared_by_its_own_event`
//! - `functions/share-rds-snapshot/src/tests.rs::what_rds_made_for_itself_is_ignored_unless_it_is_to_be_copied`
//!
//! There are 100 manual snapshots at most, and 5 copies between regions at a time.
//! - `tests/src/promises/hazards/databases.rs::a_quota_of_manual_snapshots_that_is_used_up_fails_and_the_retry_makes_the_copy`
//!
//! A bucket's policy holds 20,480 bytes, a repository's 10,240 and a key's 32,768.
//! - `tests/src/promises/policies/refusals.rs::a_policy_that_would_be_too_long_is_not_written`
//! - `shared/sharing/src/policy/tests/edit.rs::a_policy_that_would_be_too_long_is_refused_with_its_length`
//!
//! The name of a bucket that was deleted is free for any account, which then writes the manifest.
//! - `tests/src/promises/hazards/manifests.rs::a_manifest_in_a_bucket_of_another_account_is_not_believed_unless_the_settings_name_it`
//! - `tests/src/promises/hazards/manifests.rs::a_stored_plan_in_a_bucket_of_another_account_forces_nothing`
//!
//! A name or a tag is a permission to share: who may give one could have anything of theirs shared.
//! - `tests/src/promises/hazards/manifests.rs::an_image_with_the_name_of_an_entry_and_without_its_tag_is_not_shared`
//! - `tests/src/promises/hazards/manifests.rs::a_snapshot_that_loses_the_tag_of_its_entry_loses_the_share`
//! - `tests/src/promises/hazards/manifests.rs::a_snapshot_is_shared_by_the_tag_that_its_entry_goes_by`
//! - `tests/src/promises/hazards/manifests.rs::a_database_snapshot_with_the_name_and_without_the_tag_is_not_shared`
//! - `tests/src/promises/hazards/manifests.rs::an_entry_for_another_owner_shares_nothing_of_ours`
//!
//! An organizational unit that was removed holds back what names it, and nothing else.
//! - `tests/src/promises/hazards/manifests.rs::an_entry_whose_unit_was_removed_is_held_back_and_the_others_are_not`
//! - `tests/src/promises/hazards/manifests.rs::an_event_of_an_image_does_not_wait_for_a_unit_of_another_section`
//!
//! A byte order mark is invisible, so that the error names it.
//! - `tests/src/promises/hazards/manifests.rs::a_byte_order_mark_is_named_wherever_the_manifest_lies`
//!
//! One deleted principal makes S3 refuse the whole policy.
//! - `shared/sharing/src/policy/tests/edit.rs::one_deleted_principal_makes_s3_refuse_the_whole_policy`
//! - `tests/src/promises/policies/refusals.rs::one_deleted_principal_in_a_statement_of_others_makes_s3_refuse_the_whole_policy`
//! - `tests/src/promises/policies/refusals.rs::one_bad_account_makes_s3_refuse_the_whole_policy_so_the_others_are_done_without_it`
//! - `tests/src/promises/policies/changes.rs::a_stray_in_our_statement_goes`
//!
//! Principals of equal statements are merged.
//! - `shared/sharing/src/policy/tests/edit.rs::accounts_share_one_statement_and_so_do_organizations`
//!
//! Replacing a whole policy destroys what others wrote.
//! - `tests/src/promises/policies/changes.rs::replacing_a_whole_policy_destroys_what_others_wrote_so_theirs_is_kept`
//! - `shared/sharing/src/policy/tests/edit.rs::replacing_a_whole_policy_would_destroy_what_others_wrote`
//!
//! A key's policy that locks its own editor out is refused.
//! - `tests/src/promises/policies/refusals.rs::a_key_is_not_locked_against_its_own_account`
//! - `tests/src/promises/policies/refusals.rs::what_kms_itself_takes_for_a_lock_out_is_refused`
//!
//! A repository's policy has no condition: parallel writers lose statements, and a stack's update wipes it.
//! - `tests/src/promises/hazards/sweeps.rs::an_ecr_policy_that_was_wiped_is_made_whole_by_the_sweep`
//! - `tests/src/promises/policies/changes.rs::parallel_writers_lose_statements_so_a_policy_is_read_back_after_it_was_written`
//!
//! Nor have those of buckets and keys: read again right before writing, read back after. The window that remains is
//! described in `permissions`.
//! - `tests/src/promises/policies/changes.rs::a_policy_is_read_again_right_before_it_is_written_so_that_nobody_is_overwritten`
//! - `tests/src/promises/policies/changes.rs::parallel_writers_lose_statements_so_a_policy_is_read_back_after_it_was_written`
//!
//! The key goes first, then image and snapshots; to unshare, the order is image, snapshot, key.
//! - `tests/src/promises/hazards/images.rs::the_key_goes_first_and_to_unshare_the_order_is_image_snapshot_key`
//! - `shared/sharing-sweep/src/tests.rs::keys_that_gain_come_first_and_keys_that_only_lose_come_last`
//!
//! Two images may stand on one snapshot.
//! - `tests/src/promises/hazards/images.rs::two_images_on_one_snapshot_what_one_lost_the_other_still_needs`
//! - `functions/share-ami/src/tests.rs::a_snapshot_keeps_the_accounts_that_another_image_needs`
//!
//! `ModifyImageAttribute` takes `Add` and `Remove` in one request, which AWS states nowhere.
//! - `tests/src/promises/hazards/images.rs::modify_image_attribute_takes_add_and_remove_in_one_request`
//! - `tests/src/functions/share_ami/faults.rs::where_ec2_does_not_take_both_sides_at_once_it_gets_them_one_after_the_other`
//!
//! `ModifySnapshotAttribute` takes one operation and 500 accounts.
//! - `tests/src/promises/hazards/images.rs::modify_snapshot_attribute_takes_one_operation_and_500_accounts`
//!
//! `ModifyDBSnapshotAttribute` takes `ValuesToAdd` and `ValuesToRemove` together.
//! - `tests/src/promises/hazards/databases.rs::modify_db_snapshot_attribute_takes_values_to_add_and_values_to_remove_together`
//!
//! One bad account fails the whole request.
//! - `tests/src/functions/share_ami/faults.rs::one_bad_account_fails_the_whole_request_so_it_is_repeated_account_by_account`
//! - `tests/src/functions/share_ami/faults.rs::of_five_accounts_three_fail_and_only_those_are_named_and_retried`
//! - `tests/src/functions/share_rds_snapshot/faults.rs::an_account_that_rds_refuses_does_not_keep_the_others_out`
//! - `tests/src/functions/reconcile_shares/faults.rs::an_account_that_is_closed_is_named_and_the_others_are_done`
//!
//! A parameter holds 4 KB, or 8 KB as an advanced one.
//! - `tests/src/promises/hazards/sweeps.rs::a_parameter_holds_4_or_8_kb_so_a_larger_manifest_belongs_in_s3`
//!
//! A desired list that is changed in a loop leaves the second image without its shares.
//! - `tests/src/promises/hazards/sweeps.rs::the_second_image_gets_the_same_as_the_first`
//!
//! Nothing to say never means: remove everything.
//! - `tests/src/promises/hazards/sweeps.rs::nothing_to_say_never_means_remove_everything`
//! - `tests/src/functions/reconcile_shares/interlocks.rs::a_section_that_is_lost_is_no_order_to_take_everything_away`
//!
//! A scan that broke off is incomplete, and never clean.
//! - `tests/src/functions/reconcile_shares/interlocks.rs::a_scan_that_broke_off_is_incomplete_and_never_clean`
//! - `tests/src/promises/paging.rs::a_list_that_breaks_off_is_no_list`
//! - `tests/src/functions/reconcile_shares/faults.rs::a_region_that_is_not_enabled_is_incomplete_and_the_others_are_done`
//!
//! A member that came through a unit leaves with it.
//! - `tests/src/promises/hazards/sweeps.rs::a_member_that_came_through_a_unit_leaves_with_it`
//! - `tests/src/promises/organizations.rs::an_account_that_moved_away_is_not_in_the_unit_any_more`

mod databases;
mod images;
mod manifests;
mod sweeps;

use crate::functions::reconcile_shares::Scene;
use crate::tidy::{files, read};

/// A manifest of one section for our region: names, each with its accounts as they stand in a list.
fn manifest(section: &str, entries: &[(&str, &str)]) -> String {
    let entries = entries.iter().map(|(name, accounts)| format!(r#""{name}": {{"eu-west-1": [{accounts}]}}"#));
    format!(r#"{{"{section}": {{{}}}}}"#, entries.collect::<Vec<_>>().join(", "))
}

/// How often an operation was called since the first `skipped` calls.
fn count_of(scene: &Scene, operation: &str, skipped: usize) -> usize {
    scene.world.operations_since(skipped).iter().filter(|call| *call == operation).count()
}

/// Whether a file's text has a test of this name, or a story, of which a macro makes one.
pub fn has_test(text: &str, name: &str) -> bool {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let is_test = |line: &str| ["#[test]", "#[tokio::test]"].contains(&line) || line.starts_with("#[tokio::test(");
    let begins = [format!("fn {name}("), format!("async fn {name}(")];
    let tests = lines.windows(2).filter(|pair| is_test(pair[0]));
    let is_function = tests.map(|pair| pair[1]).any(|line| begins.iter().any(|begin| line.starts_with(begin)));
    // What is shown in two databases.
    let is_in_both =
        text.contains("in_both! {") && (lines.contains(&name) || text.contains(&format!("in_both! {{ {name} }}")));
    let has_stories = ["stories! {", "chapter! {"].iter().any(|it| text.contains(it));
    // What is made for each function.
    let is_of_each = lines.iter().any(|line| line.starts_with(&format!("of_each! {{ {name}: ")));
    is_function
        || is_in_both
        || is_of_each
        || (has_stories && lines.iter().any(|line| line.starts_with(&format!("{name}:"))))
}

#[test]
fn each_hazard_of_the_list_has_its_tests() {
    let files = files().into_iter().filter(|file| file.path.starts_with("tests/src/"));
    let lists: String = files.map(|file| file.text).collect();
    let listed: Vec<_> = lists.lines().filter_map(|line| line.strip_prefix("//! - `")?.strip_suffix('`')).collect();
    assert!(listed.len() > LEAST, "the lists are read");
    listed.into_iter().filter(|it| it.contains("::")).for_each(assert_is_test);
}

/// Asserts that there is a test of this path and name, such as `tests/src/promises/hazards.rs::each_hazard_of_the_list_has_its_tests`.
pub fn assert_is_test(test: &str) {
    let (path, name) = test.split_once("::").unwrap();
    assert!(has_test(&read(path), name), "{path} has no test {name}");
}

#[test]
fn each_test_of_this_module_is_in_the_list() {
    for part in ["databases", "images", "manifests", "sweeps"] {
        let path = format!("tests/src/promises/hazards/{part}.rs");
        for name in read(&path).lines().filter_map(|line| line.strip_prefix("async fn ")?.split_once("()")) {
            let listed = format!("//! - `{path}::{}`\n", name.0);
            assert!(read("tests/src/promises/hazards.rs").contains(&listed), "{listed}");
        }
    }
}

/// Fewer tests than this would not be the list.
const LEAST: usize = 110;
