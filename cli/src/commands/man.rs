//! `signalbox man`: the manual, a page for each command.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap_mangen::Man;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{self, Format};

/// The pages that were written.
#[derive(Serialize)]
struct Pages {
    folder: PathBuf,
    pages: Vec<PathBuf>,
}

/// Writes a page for each part of the command line to a folder, which need not be there yet.
pub(super) fn man(command_line: clap::Command, folder: &Path, output: Format) -> Result<(), Failure> {
    let pages = write(command_line, folder)
        .with_context(|| format!("cannot write the manual to {}", folder.display()))
        .map_err(|error| Failure::usage(format!("{error:#}; name a folder that you may write to")))?;
    output::print(output, &Pages { folder: folder.to_owned(), pages })
}

fn write(mut command: clap::Command, folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    fs::create_dir_all(folder)?;
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
