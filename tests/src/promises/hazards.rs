//! Every hazard of sharing, of names in DNS and of rotation that AWS, or what it did to the projects that did so before, is known for:
//! each with the tests that show it, which are named as the hazard is. Those of this module are run against the local AWS;
//! the others lie where what they show is tested anyway.
//!
//! # Sharing
//!
//! Launch permissions take accounts, organizations and units; `createVolumePermission` takes accounts only.
//! - `functions/share-ami/src/tests.rs::an_organization_may_launch_and_its_snapshots_stay_with_accounts`
//! - `tests/src/functions/share_ami/stories.rs::an_image_became_available_for_an_organization`
//!
//! An image is useless for copying without its snapshots.
//! - `tests/src/promises/hazards/images.rs::an_image_is_useless_without_its_snapshots_so_they_are_shared_with_it`
//! - `tests/src/functions/share_ami/faults.rs::an_account_that_cannot_have_the_snapshot_does_not_get_the_image`
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
//! The order is key, snapshot, image; to unshare, the reverse.
//! - `tests/src/promises/hazards/images.rs::the_order_is_key_snapshot_image_and_to_unshare_the_reverse`
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
//!
//! # DNS
//!
//! A record is deleted by naming it exactly as it is, so what was observed is carried on, and Route 53 itself refuses when
//! somebody has changed it.
//! - `tests/src/functions/emr_dns/faults.rs::a_record_that_somebody_changes_meanwhile_is_neither_deleted_nor_replaced`
//! - `tests/src/functions/emr_dns/faults.rs::a_name_that_a_successor_takes_meanwhile_stays_its_own`
//!
//! A batch is made whole or not at all, so one bad name keeps all others out unless they are tried one by one.
//! - `tests/src/local_aws/emr.rs::a_batch_is_taken_whole_or_refused_with_all_its_reasons`
//! - `tests/src/functions/emr_dns/faults.rs::one_name_that_route_53_refuses_does_not_keep_the_others_out`
//! - `tests/src/functions/emr_dns/faults.rs::one_name_that_somebody_takes_meanwhile_does_not_keep_the_others_out`
//!
//! A batch has 1,000 records and 32,000 characters at most.
//! - `tests/src/local_aws/emr.rs::a_batch_beyond_the_limits_is_refused`
//! - `tests/src/functions/emr_dns/many.rs::two_hundred_clusters_take_one_walk_and_one_batch`
//!
//! A refused batch comes in either of two forms, and an SDK reads the code of one.
//! - `tests/src/local_aws/emr.rs::a_refused_batch_comes_in_either_shape_and_one_too_early_is_told_so`
//! - `tests/src/functions/emr_dns/faults.rs::a_batch_that_somebody_outran_fails_and_the_retry_plans_again`
//! - `tests/src/functions/emr_dns/faults.rs::a_batch_that_route_53_never_takes_is_refused_with_its_reason`
//!
//! Throttling is a status of 400, and `PriorRequestNotComplete` is to be tried again.
//! - `tests/src/local_aws/emr.rs::both_services_throttle_in_their_own_words_with_status_400`
//! - `tests/src/functions/emr_dns/faults.rs::what_is_throttled_or_too_early_is_tried_again_at_once`
//!
//! Lists come in pages.
//! - `tests/src/functions/emr_dns/many.rs::a_name_on_a_later_page_of_its_zone_is_found`
//! - `tests/src/functions/emr_dns/many.rs::a_name_with_many_names_below_it_is_read_to_its_mark`
//!
//! An UPSERT overwrites a record that somebody made after the reading.
//! - `tests/src/functions/emr_dns/faults.rs::a_record_that_somebody_makes_meanwhile_is_not_overwritten`
//!
//! A cluster names its subnet and not its VPC.
//! - `tests/src/functions/emr_dns/economy.rs::the_name_of_a_cluster_takes_eight_calls_to_make_and_seven_to_delete`
//! - `tests/src/functions/emr_dns/stories.rs::a_cluster_was_terminated_whose_subnet_is_gone`
//!
//! Private and public zones share names: the zone is one of the cluster's VPC, and the longest suffix wins.
//! - `tests/src/functions/emr_dns/names.rs::a_public_zone_shares_the_domain`
//! - `tests/src/functions/emr_dns/names.rs::the_zone_is_of_another_vpc`
//! - `tests/src/functions/emr_dns/names.rs::the_longer_zone_wins`
//!
//! A source that comes back empty is no reason to delete every record.
//! - `tests/src/functions/emr_dns/sweeps.rs::it_is_time_to_sweep_and_no_cluster_lives`
//! - `tests/src/functions/emr_dns/faults.rs::a_sweep_that_could_not_read_everything_deletes_nothing_and_the_next_one_finishes`
//! - `tests/src/functions/emr_dns/faults.rs::a_list_that_lacks_living_clusters_takes_no_name_away`
//! - `tests/src/functions/emr_dns/faults.rs::a_name_is_not_taken_from_a_cluster_that_could_not_be_read`
//!
//! A TXT record says whose a record is.
//! - `tests/src/functions/emr_dns/owners.rs::a_record_is_there_that_nobody_marked`
//! - `tests/src/functions/emr_dns/owners.rs::a_record_is_of_another_owner`
//! - `tests/src/functions/emr_dns/owners.rs::a_record_is_of_another_tool`
//!
//! EMR describes ten clusters at once and one a second after that, so a sweep that asks faster never ends.
//! - `shared/aws/src/pace.rs::thirty_clusters_are_described_in_some_twenty_seconds_and_a_hundred_accounts_tell_their_tags_in_some_ten`
//! - `tests/src/functions/emr_dns/quotas.rs::a_sweep_of_more_clusters_than_the_quotas_of_emr_let_through_at_once_reads_them_all`
//! - `tests/src/functions/emr_dns/quotas.rs::a_sweep_whose_time_runs_out_keeps_what_it_has_and_says_what_is_missing`
//!
//! A tag on a cluster of one account is no claim to the name of another account's cluster.
//! - `functions/emr-dns/src/tests/owners.rs::an_event_and_a_sweep_decide_the_same`
//! - `tests/src/promises/members/clusters.rs::of_two_members_that_ask_for_one_name_the_owner_keeps_it_while_its_cluster_lives`
//! - `tests/src/promises/members/clusters.rs::a_suffix_is_for_the_accounts_that_the_settings_name`
//!
//! A wildcard answers for a name, and a record of that name would hide it.
//! - `shared/naming/src/tests/wildcards.rs::a_wildcard_answers_for_what_does_not_exist_below_its_closest_encloser`
//! - `tests/src/functions/emr_dns/names.rs::a_deeper_name_is_served_by_a_wildcard`
//!
//! Record set protections and change guardrails reject a batch, however often it is sent.
//! - `tests/src/functions/emr_dns/faults.rs::what_a_protection_or_a_guardrail_forbids_is_refused_and_says_which_it_was`
//!
//! A plan that deletes more than 30 % of at least ten records is a mistake until somebody says that it is none.
//! - `tests/src/functions/emr_dns/sweeps.rs::it_is_time_to_sweep_and_too_many_of_the_names_would_go`
//! - `tests/src/functions/emr_dns/sweeps.rs::a_sweep_is_forced_for_most_of_the_names`
//!
//! A primary node that is replaced sends no event.
//! - `tests/src/functions/emr_dns/sweeps.rs::it_is_time_to_sweep`
//! - `tests/src/functions/emr_dns/many.rs::two_hundred_clusters_take_one_walk_and_one_batch`
//!
//! # Rotation
//!
//! `PutSecretValue` refuses a second value of one token: the loser of a race revokes what it minted.
//! - `tests/src/local_aws/secrets.rs::a_token_takes_no_second_value`
//! - `tests/src/functions/rotate_bearer_token/races.rs::of_two_that_create_at_once_the_loser_takes_back_what_it_made`
//! - `tests/src/functions/rotate_db_user/races.rs::two_runs_of_one_step_of_one_user_end_as_one`
//!
//! A rotation begins with an empty pending version, which is to be filled and not to be taken for a value.
//! - `tests/src/local_aws/secrets.rs::a_rotation_begins_with_an_empty_pending_version`
//! - `tests/src/functions/rotate_bearer_token/overlap.rs::a_rotation_leaves_the_old_token_alive_until_the_sweep`
//! - `tests/src/functions/rotate_db_user/single.rs::the_old_password_works_until_the_new_one_is_set`
//!
//! Each of the four steps may be repeated.
//! - `tests/src/functions/rotate_bearer_token/overlap.rs::each_step_twice_ends_the_same`
//! - `tests/src/functions/rotate_bearer_token/single.rs::each_step_twice_ends_the_same`
//! - `tests/src/functions/rotate_db_user/single.rs::each_step_may_come_twice`
//! - `tests/src/functions/rotate_db_user/arrivals.rs::each_step_may_come_twice_where_users_take_turns`
//!
//! A second credential is not minted when a pending value exists.
//! - `tests/src/functions/rotate_bearer_token/minting.rs::no_second_token_is_minted_when_a_pending_value_exists`
//!
//! Falling back from TLS to plain text is a hole.
//! - `tests/src/world/databases/logins.rs::a_server_without_tls_gets_nothing`
//! - `tests/src/world/databases/logins.rs::only_a_secret_that_says_so_goes_in_the_clear`
//! - `tests/src/functions/rotate_db_user/trust.rs::a_server_that_is_not_to_be_trusted_gets_nothing`
//!
//! A token that was minted and then not stored works, and nobody has it: the intent is written first, and orphans are revoked.
//! - `tests/src/functions/rotate_bearer_token/minting.rs::where_the_intent_cannot_be_written_down_nothing_is_minted`
//! - `tests/src/functions/rotate_bearer_token/minting.rs::a_token_that_was_minted_and_cannot_be_stored_is_revoked`
//! - `tests/src/functions/rotate_bearer_token/kill.rs::killed_at_any_call_with_an_overlap`
//!
//! To make the old token invalid when the new one is created breaks every client until the end: they overlap.
//! - `tests/src/functions/rotate_bearer_token/clients.rs::no_call_is_refused_while_tokens_overlap`
//! - `tests/src/functions/rotate_bearer_token/overlap.rs::the_old_token_is_revoked_once_and_after_the_overlap`
//!
//! What a server refuses is not tried for ever, and leaves no pending label that blocks the next rotation.
//! - `tests/src/functions/rotate_db_user/refusals.rs::after_five_refusals_the_next_rotation_can_begin`
//! - `tests/src/functions/rotate_db_user/refusals.rs::a_password_that_the_rules_refuse_is_given_up`
//! - `tests/src/functions/rotate_bearer_token/refusals.rs::a_credential_that_is_refused_five_times_is_given_up`
//!
//! `ALTER ROLE .. PASSWORD` takes no parameter: a verifier is sent, so that no password reaches the server's log.
//! - `tests/src/world/databases/logins.rs::postgresql_logs_no_password`
//! - `tests/src/world/databases/logins.rs::a_password_may_hold_any_character`
//! - `tests/src/world/databases/logins.rs::a_name_is_quoted`
//! - `functions/rotate-db-user/src/engine/postgres/verifier.rs::a_verifier_ends_no_text`
//!
//! MariaDB has no second password for one user, so two users take turns.
//! - `tests/src/functions/rotate_db_user/alternating.rs::app_and_its_clone_take_turns`
//! - `tests/src/functions/rotate_db_user/clients.rs::no_login_is_refused_while_users_take_turns`
//!
//! A clone that can log in looks whole: it gets its password last, and what it may do is tried. What no server of the tests can show
//! (PARSEC, MySQL) has cases by itself.
//! - `tests/src/functions/rotate_db_user/mariadb.rs::a_clone_that_was_interrupted_anywhere_becomes_current_with_its_privileges`
//! - `tests/src/world/databases/mariadb_clones.rs::a_clone_that_was_refused_a_grant_cannot_log_in`
//! - `tests/src/world/databases/mariadb_clones.rs::what_a_clone_has_too_much_is_revoked`
//! - `functions/rotate-db-user/src/engine/mysql/demands.rs::a_clone_in_mysql_demands_what_its_original_does`
//! - `functions/rotate-db-user/src/engine/mysql/cause.rs::only_a_refused_password_is_one`
//!
//! MariaDB's `ALTER USER .. IDENTIFIED BY` drops every plugin that an account has, and `SET PASSWORD` leaves the second one its password.
//! - `tests/src/world/databases/mariadb_accounts.rs::another_password_leaves_an_account_its_plugin`
//! - `tests/src/world/databases/mariadb_accounts.rs::what_would_drop_or_leave_a_plugin_is_refused_and_changes_nothing`
//! - `functions/rotate-db-user/src/engine/mysql/authentication.rs::an_account_keeps_its_one_plugin`
//!
//! Host and user of the pending and the current secret have to agree.
//! - `tests/src/functions/rotate_db_user/refusals.rs::a_pending_value_of_another_host_or_user_is_refused`

mod databases;
mod images;
mod manifests;
mod sweeps;

use crate::functions::reconcile_shares::Scene;
use crate::tidy::read;

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
    let is_test = |line: &str| ["#[test]", "#[tokio::test]"].contains(&line);
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
    let list = read("tests/src/promises/hazards.rs");
    let listed: Vec<_> = list.lines().filter_map(|line| line.strip_prefix("//! - `")?.strip_suffix('`')).collect();
    assert!(listed.len() > LEAST, "the list is read");
    for test in listed {
        assert_is_test(test);
    }
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
