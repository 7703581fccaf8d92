//! Of the commands about failure queues, replays and the ledger: what they need, such as a deployed function, their own tests have.

use super::{Row, by_test, of_aws};
use crate::cli::options::place::Place;

const REDRIVEN: &str = "an_event_that_failed_is_redriven_when_its_cause_is_gone_and_a_month_later_once_more";
const HOSTILE: &str = "what_a_message_says_decides_neither_where_it_goes_nor_what_is_forced";
const PAGED: &str = "every_page_of_a_queue_is_read_up_to_the_bound_and_all_is_shown_again";
const OF_FILE: &str = "events_of_a_file_and_of_a_failure_queue_are_worked_on_once_for_each_replay";
const OF_ARCHIVE: &str = "an_archive_is_replayed_to_the_rules_of_our_functions_once_for_each_name";
const LISTED: &str = "occurrences_are_listed_by_their_state_and_shown_with_their_report";
const RELEASED: &str = "a_claim_is_released_when_its_run_has_died_and_taken_from_a_living_one_only_by_its_owner";

/// Every row.
pub fn all(place: &Place) -> Vec<Row> {
    let queue = "signalbox-bus-failures --all";
    let speaking = [
        ("deadletters list", ""),
        ("deadletters show", "signalbox-bus-failures a-message"),
        ("deadletters redrive", queue),
        ("deadletters drop", queue),
        ("replay", "--dlq share-ami-failures"),
        ("ledger list", ""),
        ("ledger show", "share-ami#a"),
        ("ledger release", "share-ami#a"),
        ("ledger forget", "share-ami#a"),
    ];
    let mut rows: Vec<_> =
        speaking.into_iter().flat_map(|(command, without)| of_aws(command, without, place)).collect();
    for (command, test, options) in [
        ("deadletters list", PAGED, &["most", "output"][..]),
        ("deadletters show", HOSTILE, &["most", "output"]),
        ("deadletters redrive", REDRIVEN, &["all", "apply", "most", "output"]),
        ("deadletters redrive", HOSTILE, &["function"]),
        ("deadletters drop", HOSTILE, &["all", "apply", "most", "output"]),
        ("replay", OF_FILE, &["file", "dlq", "name", "apply", "most", "output"]),
        ("replay", OF_ARCHIVE, &["archive", "from", "to", "function"]),
        ("ledger list", LISTED, &["function", "about", "most", "output", "ledger-table"]),
        ("ledger show", LISTED, &["output", "ledger-table"]),
        ("ledger release", RELEASED, &["force", "output", "ledger-table"]),
        ("ledger forget", REDRIVEN, &["output", "ledger-table"]),
    ] {
        rows.extend(options.iter().map(|option| by_test(command, option, test)));
    }
    rows
}
