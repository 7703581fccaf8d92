//! What would be uploaded: the size of the zipped binary, and the C library that it asks for.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A binary as an artifact.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Artifact {
    /// Of the binary, in bytes.
    pub binary: u32,
    /// Of the zip with the binary as `bootstrap`, in bytes.
    pub zip: u32,
    /// N of the highest `GLIBC_2.N` that the binary names.
    pub glibc_minor: u32,
}

/// Looks at a binary.
pub fn inspect(path: &Path) -> Result<Artifact> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(Artifact { binary: bytes.len().try_into()?, zip: zipped(&bytes)?.try_into()?, glibc_minor: glibc_minor(&bytes) })
}

fn zipped(bytes: &[u8]) -> Result<usize> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_level(Some(9)).unix_permissions(0o755);
    zip.start_file("bootstrap", options)?;
    zip.write_all(bytes)?;
    Ok(zip.finish()?.into_inner().len())
}

/// The linker leaves the names of the symbol versions that it bound in the dynamic string table, and nothing else in a
/// stripped binary is spelled so: the highest one is what the loader will insist on.
fn glibc_minor(bytes: &[u8]) -> u32 {
    const NAME: &[u8] = b"GLIBC_2.";
    bytes
        .windows(NAME.len())
        .enumerate()
        .filter(|(_, window)| *window == NAME)
        .map(|(at, _)| bytes[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit()))
        .map(|digits| digits.fold(0, |minor, digit| minor * 10 + u32::from(digit - b'0')))
        .max()
        .unwrap_or(0)
}
