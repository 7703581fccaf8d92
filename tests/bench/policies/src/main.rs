//! What the bench measures of `signalbox policy check`: the same verdicts on files, without the other commands. The same as
//! `peer/policies/check.py`.
//!
//! Arguments: the files. It ends when its standard input does, so that what it took can be read before.

use std::io::Read;

use anyhow::{Context, Result};
use policy::{Kind, Source};

fn main() -> Result<()> {
    let (mut files, mut found) = (0, 0);
    for name in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&name).with_context(|| format!("reading {name}"))?;
        found += policy::check(&Source { name: &name, text: &text }, None, Some(Kind::Identity)).findings.len();
        files += 1;
    }
    println!("found {found}");
    println!("done {files}");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
