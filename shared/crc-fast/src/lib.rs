//! The three CRCs of Amazon S3, in place of the crate `crc-fast` of crates.io, which S3's client asks for.
//!
//! That crate links the tables of all 21 algorithms that it knows into each program: 650 KB that no zip makes smaller, a sixth of a function. This
//! one has the same names and the same results, by `crc32fast` and `crc`, and only what `aws-smithy-checksums` uses.
//! See [decision 84](../../../docs/decisions/0084-the-crcs-of-s3-without-all-others.md).

use std::fmt;

use crc::{CRC_32_ISCSI, CRC_64_NVME, Crc, Table};

static ISCSI: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);
static NVME: Crc<u64, Table<1>> = Crc::<u64, Table<1>>::new(&CRC_64_NVME);

/// The CRCs that S3 checks objects by, as AWS names them: [checking object integrity](https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// `CRC32`: what the client sends by default.
    Crc32IsoHdlc,
    /// `CRC32C`.
    Crc32Iscsi,
    /// `CRC64NVME`: what S3 computes where the client sent none.
    Crc64Nvme,
}

/// A CRC of bytes that come in pieces.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    IsoHdlc(crc32fast::Hasher),
    Iscsi(crc::Digest<'static, u32, Table<1>>),
    Nvme(crc::Digest<'static, u64, Table<1>>),
}

impl Digest {
    /// The CRC of no bytes yet.
    #[must_use]
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::IsoHdlc(crc32fast::Hasher::new()),
            CrcAlgorithm::Crc32Iscsi => State::Iscsi(ISCSI.digest()),
            CrcAlgorithm::Crc64Nvme => State::Nvme(NVME.digest()),
        })
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::IsoHdlc(hasher) => hasher.update(bytes),
            State::Iscsi(digest) => digest.update(bytes),
            State::Nvme(digest) => digest.update(bytes),
        }
    }

    /// The CRC of all bytes so far, in the low 32 bits where the algorithm has 32.
    #[must_use]
    pub fn finalize(&self) -> u64 {
        match self.clone().0 {
            State::IsoHdlc(hasher) => hasher.finalize().into(),
            State::Iscsi(digest) => digest.finalize().into(),
            State::Nvme(digest) => digest.finalize(),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({:016x})", self.finalize())
    }
}

/// The CRC of bytes that are all there.
#[must_use]
pub fn checksum(algorithm: CrcAlgorithm, bytes: &[u8]) -> u64 {
    let mut digest = Digest::new(algorithm);
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::{CrcAlgorithm, Digest, checksum};

    /// The check values of the catalogue of CRCs: each of the nine digits.
    #[test]
    fn the_digits_have_the_values_of_the_catalogue() {
        for (algorithm, value) in [
            (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
            (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
            (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
        ] {
            assert_eq!(checksum(algorithm, b"123456789"), value, "{algorithm:?}");
            let mut pieces = Digest::new(algorithm);
            pieces.update(b"1234");
            pieces.update(b"");
            pieces.update(b"56789");
            assert_eq!(pieces.finalize(), value, "{algorithm:?} in pieces");
        }
    }
}
