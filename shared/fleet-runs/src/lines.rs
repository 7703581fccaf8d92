//! Results as lines of JSON, compressed: one line for each Region of an account, with the keys of [`fleet::Entry`].

use std::io::{Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use fleet::Entry;
use reaction::Error;
use serde_json::Value;

/// The lines of one account may have so many bytes before they are compressed.
pub const LONGEST: u64 = 64 * 1024 * 1024;

/// The lines, compressed. The same entries give the same bytes: no time is in them.
///
/// # Errors
/// `Refused` where they are longer than [`LONGEST`].
pub fn write(entries: &[Entry<Value>]) -> Result<Vec<u8>, Error> {
    let mut compressed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    let mut length = 0;
    for entry in entries {
        let mut line = serde_json::to_vec(entry).map_err(Error::failed)?;
        line.push(b'\n');
        length += line.len() as u64;
        if length > LONGEST {
            return Err(Error::refused(format!("the results of an account have more than {LONGEST} bytes")));
        }
        compressed.write_all(&line).map_err(Error::failed)?;
    }
    compressed.finish().map_err(Error::failed)
}

/// Reads the lines again.
///
/// # Errors
/// `Refused` where they are not lines of results, naming the line, or longer than [`LONGEST`].
pub fn read(compressed: &[u8]) -> Result<Vec<Entry<Value>>, Error> {
    let mut text = String::new();
    let mut reader = MultiGzDecoder::new(compressed).take(LONGEST + 1);
    let length =
        reader.read_to_string(&mut text).map_err(|error| Error::refused(format!("not compressed text: {error}")))?;
    if length as u64 > LONGEST {
        return Err(Error::refused(format!("more than {LONGEST} bytes of results, which no run writes")));
    }
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| Error::refused(format!("line {}: {error}", number + 1)))
    };
    text.lines().enumerate().map(line).collect()
}
