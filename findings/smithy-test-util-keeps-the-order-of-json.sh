#!/usr/bin/env bash
# aws-smithy-http-client 1.5.2 (under aws-smithy-mocks 0.3.0): the feature `test-util` turns on `preserve_order` of serde_json. Cargo
# compiles serde_json once for all that it builds together. So where anything in a workspace uses the SDK's mocks, every map of
# `serde_json::Value` keeps the order in which it was written, also in code that does not know the SDK; where a program is built by
# itself, its maps are sorted. Tests then see other JSON than what is shipped, and so do hashes and signatures of it.
#
# Observed on 30 November 2026, of {"b":1,"a":2} read and written, without and with aws-smithy-mocks beside it:
#   {"a":2,"b":1}
#   {"b":1,"a":2}
#
# Needs cargo and a registry. Fails when the behaviour changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
write() {
    cat >"$folder/Cargo.toml" <<TOML
[package]
name = "order"
version = "0.0.0"
edition = "2024"

[dependencies]
serde_json = "=1.0.154"
$1
TOML
}
cat >"$folder/src/main.rs" <<'RUST'
fn main() {
    let read: serde_json::Value = serde_json::from_str(r#"{"b":1,"a":2}"#).unwrap();
    println!("{read}");
}
RUST
run() { CARGO_TARGET_DIR="$folder/target" cargo run --quiet --manifest-path "$folder/Cargo.toml"; }
write ""
alone="$(run)"
write 'aws-smithy-mocks = "=0.3.0"
aws-smithy-http-client = "=1.5.2"'
beside="$(run)"
printf '%s\n' "$alone" "$beside"
test "$alone" = '{"a":2,"b":1}' && test "$beside" = '{"b":1,"a":2}'
