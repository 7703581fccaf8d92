//! `signalbox man`: the manual, a page for each command.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man;
use serde::Serialize;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::{self, Format};

/// The pages that were written.
#[derive(Serialize)]
struct Pages {
    folder: PathBuf,
    pages: Vec<PathBuf>,
}

/// Writes every page to a folder, which need not be there yet.
pub(super) fn man(folder: &Path, output: Format) -> Result<(), Failure> {
    let pages = write(folder)
        .with_context(|| format!("cannot write the manual to {}", folder.display()))
        .map_err(|error| Failure::usage(format!("{error:#}; name a folder that you may write to")))?;
    output::print(output, &Pages { folder: folder.to_owned(), pages })
}

fn write(folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    fs::create_dir_all(folder)?;
    let mut command = Arguments::command();
    command.build();
    let (mut open, mut pages) = (vec![command], Vec::new());
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands().cloned());
        pages.push(Man::new(command).manual("Signalbox").generate_to(folder)?);
    }
    pages.sort();
    Ok(pages)
}

impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, pages } = self;
        write!(f, "{} pages are in {}", pages.len(), folder.display())
    }
}
