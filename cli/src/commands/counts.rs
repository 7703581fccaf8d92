//! What a sweep counts, as a table.

use std::collections::BTreeSet;
use std::fmt;

use comfy_table::CellAlignment;
use reaction::Counts;
use serde::Serialize;

use crate::output;

/// A line for each section, a column for each count.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Table<'a>(pub(super) &'a Counts);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: BTreeSet<_> = self.0.values().flat_map(|section| section.keys()).collect();
        let titles = columns.iter().map(|name| name.to_uppercase().replace('_', " "));
        let mut table = output::table(["SECTION".to_owned()].into_iter().chain(titles));
        for (section, counts) in self.0 {
            let cells = columns.iter().map(|name| counts.get(*name).copied().unwrap_or_default().to_string());
            table.add_row([section.clone()].into_iter().chain(cells));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        f.write_str(&table.trim_fmt())
    }
}
