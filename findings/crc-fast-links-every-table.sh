#!/usr/bin/env bash
# crc-fast 1.10.0, which the AWS SDK for Rust uses to check S3's objects (aws-smithy-checksums 0.65.0): a program that computes one CRC-32
# links the tables of every algorithm that the crate knows, hundreds of kilobytes that neither the linker (fat LTO, --gc-sections) nor a zip
# makes smaller. The algorithm is chosen at run time where the processor lacks an instruction, so that every table counts as used.
# So each function on Lambda that reads one object from S3 carries them.
# https://docs.rs/crc-fast/1.10.0/crc_fast/enum.CrcAlgorithm.html
#
# Observed on 28 November 2026 (x86_64, Rust 1.95, opt-level z, fat LTO):
#   cbf43926: 51 tables, 664 KB
#
# Needs cargo, nm and a registry. Fails when the behaviour changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "one-crc"
version = "0.1.0"
edition = "2024"

[dependencies]
crc-fast = "=1.10.0"

[profile.release]
opt-level = "z"
lto = "fat"
codegen-units = 1
TOML
cat >"$folder/src/main.rs" <<'RUST'
fn main() {
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32IsoHdlc);
    digest.update(b"123456789");
    println!("{:08x}", digest.finalize());
}
RUST
(cd "$folder" && CARGO_TARGET_DIR="$folder/target" cargo build --release --quiet)
program="$folder/target/release/one-crc"
tables="$(nm --print-size --radix=d "$program" | awk '/_TABLE/ { number += 1; bytes += $2 } END { print number " tables, " int(bytes / 1024) " KB" }')"
found="$("$program"): $tables"
echo "$found"
[ "$found" = "cbf43926: 51 tables, 664 KB" ] || { echo "the behaviour has changed: read the comment of this script" >&2; exit 1; }
