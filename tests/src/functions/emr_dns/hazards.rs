//! Every hazard of names in DNS that is known, each with the tests that show it; `tests/src/promises/hazards.rs` reads this list.
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
//! - `tests/src/functions/emr_dns/large.rs::a_name_on_a_later_page_of_its_zone_is_found`
//! - `tests/src/functions/emr_dns/large.rs::a_name_with_many_names_below_it_is_read_to_its_mark`
//!
//! An UPSERT overwrites a record that somebody made after the reading.
//! - `tests/src/functions/emr_dns/faults.rs::a_record_that_somebody_makes_meanwhile_is_not_overwritten`
//!
//! A cluster names its subnet and not its VPC.
//! - `tests/src/functions/emr_dns/economy.rs::the_name_of_a_cluster_takes_seven_calls_to_make_and_as_many_to_delete`
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
