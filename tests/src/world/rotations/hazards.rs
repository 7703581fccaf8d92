//! Every hazard of rotations that is known, each with the tests that show it; `tests/src/promises/hazards.rs` reads this list.
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
