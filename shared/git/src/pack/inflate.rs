//! Reads from a place in a file, and inflates what is read, piece by piece.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;

use gix_zlib::Decompress;
use gix_zlib::stream::inflate::read;

use super::corrupt;

/// How many inflated bytes there are at a time.
const PIECE: usize = 32 * 1024;

/// Reads a file from a place on. Several may read the same file.
pub(super) struct At<'a> {
    file: &'a File,
    offset: u64,
    piece: Vec<u8>,
    from: usize,
    to: usize,
}

impl<'a> At<'a> {
    pub(super) fn new(file: &'a File, offset: u64, piece: usize) -> Self {
        Self { file, offset, piece: vec![0; piece], from: 0, to: 0 }
    }
}

impl BufRead for At<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.from == self.to {
            (self.from, self.to) = (0, self.file.read_at(&mut self.piece, self.offset)?);
            self.offset += self.to as u64;
        }
        Ok(&self.piece[self.from..self.to])
    }

    fn consume(&mut self, amount: usize) {
        self.from += amount;
    }
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, buffer)
    }
}

/// What inflating needs, kept from one object to the next.
pub(super) struct State {
    inflate: Decompress,
    piece: Vec<u8>,
}

impl Default for State {
    fn default() -> Self {
        Self { inflate: Decompress::new(), piece: vec![0; PIECE] }
    }
}

/// The inflated bytes of one object of a pack: as many as its header says.
pub(super) struct Inflating<'a, R> {
    from: R,
    state: &'a mut State,
    left: u64,
    at: usize,
    end: usize,
}

impl<'a, R: BufRead> Inflating<'a, R> {
    pub(super) fn new(from: R, state: &'a mut State, size: u64) -> Self {
        state.inflate.reset();
        Self { from, state, left: size, at: 0, end: 0 }
    }

    /// Hands all that follows on, and comes to the end of the compressed bytes.
    pub(super) fn each(mut self, mut to: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        loop {
            let piece = self.fill_buf()?;
            if piece.is_empty() {
                return Ok(());
            }
            to(piece)?;
            let length = piece.len();
            self.consume(length);
        }
    }
}

impl<R: BufRead> BufRead for Inflating<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.end {
            let State { inflate, piece } = &mut *self.state;
            let inflated = read(&mut self.from, inflate, piece)?;
            let left = self.left.checked_sub(inflated as u64);
            self.left = left.ok_or_else(|| corrupt("an object has more bytes than its header says"))?;
            if inflated == 0 && self.left > 0 {
                return Err(corrupt("an object has fewer bytes than its header says"));
            }
            (self.at, self.end) = (0, inflated);
        }
        Ok(&self.state.piece[self.at..self.end])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl<R: BufRead> Read for Inflating<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, buffer)
    }
}

pub(super) fn read_buffered(from: &mut impl BufRead, buffer: &mut [u8]) -> io::Result<usize> {
    let read = from.fill_buf()?.read(buffer)?;
    from.consume(read);
    Ok(read)
}
