//! The zip of an artifact, which any committer writes: bounded before anything in it is read.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{Cursor, Read};

use reaction::Error;
use zip::ZipArchive;
use zip::read::ZipFile;

/// What an archive may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Files and folders.
    pub entries: usize,
    /// Bytes of one file that is read, unpacked.
    pub bytes: u64,
}

/// An archive whose names are plain: each is once there, and none leads out of it.
#[derive(Debug)]
pub struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// The name of each entry, in the archive's order.
    names: Vec<String>,
    bounds: Bounds,
}

impl<'a> Archive<'a> {
    /// Opens an archive, and looks at every name in it.
    ///
    /// # Errors
    /// `Refused`, naming the entry, where it is not a zip, has too many entries, or an entry is encrypted, a link, or named so that it
    /// leads out of the archive or is there twice.
    pub fn open(bytes: &'a [u8], bounds: Bounds) -> Result<Self, Error> {
        let mut zip =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| refused(format!("it is not a zip ({error})")))?;
        if zip.len() > bounds.entries {
            return Err(refused(format!("it has {} entries, and may have {}", zip.len(), bounds.entries)));
        }
        let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|error| refused(format!("entry {index}: {error}")))?;
            let name = plain_name(&entry).map_err(refused)?;
            if !seen.insert(name.trim_end_matches('/').to_lowercase()) {
                return Err(refused(format!("`{name}` is there twice, where letters' case does not count")));
            }
            names.push(name);
        }
        Ok(Self { zip, names, bounds })
    }

    /// The names of its files, without folders.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|name| !name.ends_with('/'))
    }

    /// The bytes of the one file of this name, in whatever folder it is: a repository is often packed with its folder.
    ///
    /// # Errors
    /// `Refused` where there is none, or several, or it is larger than the bounds.
    pub fn file(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        let mut found: Vec<_> =
            (0..).zip(&self.names).filter(|(_, path)| path.rsplit('/').next() == Some(name)).collect();
        found.sort_by_key(|(_, path)| *path);
        match found.as_slice() {
            [(index, path)] => {
                let path = (*path).clone();
                self.read(*index).map_err(|why| refused(format!("{path} {why}")))
            }
            [] => Err(refused(format!("it has no {name}; put that file into it"))),
            several => {
                let paths: Vec<_> = several.iter().map(|(_, path)| path.as_str()).collect();
                Err(refused(format!("it has several {name} ({}); leave one", paths.join(", "))))
            }
        }
    }

    fn read(&mut self, index: usize) -> Result<Vec<u8>, String> {
        let most = self.bounds.bytes;
        let entry = self.zip.by_index(index).map_err(|error| format!("cannot be read ({error})"))?;
        let mut bytes = Vec::new();
        // What unpacks decides, and not the size that the archive states.
        entry.take(most + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be unpacked ({error})"))?;
        if bytes.len() as u64 > most {
            return Err(format!("has more than {most} bytes when it is unpacked"));
        }
        Ok(bytes)
    }
}

fn refused(what: impl Display) -> Error {
    Error::refused(format!("the artifact's archive: {what}"))
}

/// The name of an entry that is a file or folder inside of the archive; otherwise why it is not.
fn plain_name<R: Read>(entry: &ZipFile<'_, R>) -> Result<String, String> {
    let name = entry.name().map_err(|error| format!("a name in it cannot be read ({error})"))?;
    let shown = place::shortened(&name, 200);
    let mut parts = name.trim_end_matches('/').split('/');
    let has_strange_letter = name.chars().any(|letter| letter.is_control() || letter == '\\');
    if has_strange_letter || parts.any(|part| matches!(part, "" | "." | "..")) {
        return Err(format!("`{shown}` is not a path inside of it; name entries as folder/file"));
    }
    if entry.is_symlink() {
        return Err(format!("`{shown}` is a link; pack the file itself"));
    }
    if entry.encrypted() {
        return Err(format!("`{shown}` is encrypted by a password; pack it without one"));
    }
    Ok(name.into_owned())
}
