//! What would be uploaded: the size of the zipped binary, and the C library that it asks for.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

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

/// Looks at a binary, and at the zip that `make package` made of it.
pub fn inspect(path: &Path, zip: &Path) -> Result<Artifact> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let zip = fs::metadata(zip).with_context(|| format!("{}: make it first (make package)", zip.display()))?.len();
    Ok(Artifact { binary: bytes.len().try_into()?, zip: zip.try_into()?, glibc_minor: glibc_minor(&bytes) })
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
