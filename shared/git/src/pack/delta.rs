//! Makes a content of another one and the difference between them, as they come.
//! <https://git-scm.com/docs/pack-format#_deltified_representation>

use std::io::{self, BufRead};

use super::content::{Content, Sink};
use super::corrupt;

/// What a copy of length zero means.
const WHOLE: u64 = 0x1_0000;

/// The sizes that a difference begins with: of the content that it needs, and of that which it makes.
pub(super) fn sizes(delta: &mut impl BufRead) -> io::Result<(u64, u64)> {
    Ok((size(delta)?, size(delta)?))
}

fn size(delta: &mut impl BufRead) -> io::Result<u64> {
    let mut size = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let next = byte(delta)?.ok_or_else(cut)?;
        size |= u64::from(next & 0x7f) << shift;
        if next & 0x80 == 0 {
            return Ok(size);
        }
    }
    Err(corrupt("a size in a difference has no end"))
}

/// The content that a difference makes of `base`, in the sink for its size.
pub(super) fn apply(
    base: &Content,
    delta: &mut impl BufRead,
    sink: impl FnOnce(u64) -> io::Result<Sink>,
) -> io::Result<Content> {
    let (needed, size) = sizes(delta)?;
    if needed != base.size() {
        return Err(corrupt("a difference is one from another object"));
    }
    let mut sink = sink(size)?;
    while let Some(order) = byte(delta)? {
        match order {
            0 => return Err(corrupt("a difference has an order that git does not know")),
            1..=0x7f => take(delta, usize::from(order), &mut sink)?,
            0x80.. => {
                let offset = number(delta, order, 4)?;
                let length = number(delta, order >> 4, 3)?;
                base.copy(offset, if length == 0 { WHOLE } else { length }, &mut sink)?;
            }
        }
    }
    sink.end()
}

/// A number of so many bytes, of which only those are there whose bits are set.
fn number(delta: &mut impl BufRead, bits: u8, bytes: u32) -> io::Result<u64> {
    let mut number = 0;
    for at in (0..bytes).filter(|at| bits >> at & 1 == 1) {
        number |= u64::from(byte(delta)?.ok_or_else(cut)?) << (8 * at);
    }
    Ok(number)
}

/// Bytes that stand in the difference itself.
fn take(delta: &mut impl BufRead, mut length: usize, sink: &mut Sink) -> io::Result<()> {
    while length > 0 {
        let piece = delta.fill_buf()?;
        let piece = &piece[..piece.len().min(length)];
        if piece.is_empty() {
            return Err(cut());
        }
        sink.add(piece)?;
        let taken = piece.len();
        delta.consume(taken);
        length -= taken;
    }
    Ok(())
}

fn byte(delta: &mut impl BufRead) -> io::Result<Option<u8>> {
    let next = delta.fill_buf()?.first().copied();
    if next.is_some() {
        delta.consume(1);
    }
    Ok(next)
}

fn cut() -> io::Error {
    corrupt("a difference ends too early")
}

#[cfg(test)]
mod tests {
    use super::super::content::{Content, Spool};
    use super::apply;

    fn applied(base: &[u8], delta: &[u8]) -> Result<Vec<u8>, String> {
        let spool = Spool::new(&std::env::temp_dir().join("unused"));
        let content = apply(&Content::InMemory(base.into()), &mut &*delta, |size| spool.sink(size));
        content.and_then(Content::into_bytes).map_err(|error| error.to_string())
    }

    #[test]
    fn copies_and_insertions_make_the_content() {
        // Bytes 2 to 4, then two of its own, then all of it again by the shortest form.
        let delta = [6, 11, 0x91, 2, 3, 2, b'x', b'y', 0x90, 6];
        assert_eq!(applied(b"abcdef", &delta).unwrap(), b"cdexyabcdef");
        assert_eq!(applied(b"", &[0, 0]).unwrap(), b"");
        let long = vec![7; 0x1_0000];
        assert_eq!(applied(&long, &[0x80, 0x80, 4, 0x80, 0x80, 4, 0x80]).unwrap(), long);
    }

    #[test]
    fn what_git_does_not_make_is_an_error_and_never_a_content() {
        for (delta, says) in [
            (&[5, 1, 0x90, 1][..], "another object"),
            (&[6, 1, 0], "does not know"),
            (&[6, 3, 3, b'x'], "ends too early"),
            (&[6, 1, 0x91, 2], "ends too early"),
            (&[6, 2, 0x91, 5, 2], "beyond"),
            (&[6, 1, 0x90, 2], "more bytes"),
            (&[6, 3, 0x90, 2], "fewer bytes"),
            (&[6], "ends too early"),
            (&[0xff; 12], "no end"),
        ] {
            let error = applied(b"abcdef", delta).unwrap_err();
            assert!(error.contains(says), "{delta:?}: {error}");
        }
    }
}
