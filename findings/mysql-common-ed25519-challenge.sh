#!/usr/bin/env bash
# mysql_common 0.37.3 (under mysql_async 0.37.1): `AuthSwitchRequest::plugin_data` drops a last byte that is zero. The challenge of
# MariaDB's plugin ed25519 is 32 random bytes without a terminator, so that one challenge of 256 is cut to 31 bytes. The signature of
# it is wrong, and the server refuses the right password with error 1045.
#
# Observed on 28 November 2026, for a challenge of 32 bytes that ends in 1 and for one that ends in 0:
#   32
#   31
# Beside it, with a real server (MariaDB 10.11.14, plugin auth_ed25519, 3,000 logins with the right password): 12 were refused. Of
# 3,000 logins to an account of mysql_native_password none was.
#
# Needs cargo and a registry. Fails when the behaviour changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "challenge"
version = "0.0.0"
edition = "2024"

[dependencies]
mysql_common = { version = "=0.37.3", default-features = false }
mysql_async = { version = "=0.37.1", default-features = false, features = ["minimal-rust"] }
TOML
cat >"$folder/src/main.rs" <<'RUST'
use mysql_common::packets::AuthSwitchRequest;

fn main() {
    for last in [1, 0] {
        let mut challenge = [7; 32];
        challenge[31] = last;
        let request = AuthSwitchRequest::new(&b"client_ed25519"[..], &challenge[..]);
        println!("{}", request.plugin_data().len());
    }
}
RUST
found="$(cargo run --quiet --manifest-path "$folder/Cargo.toml")"
echo "$found"
[ "$found" = $'32\n31' ] || { echo "the behaviour has changed: read the comment of this script" >&2; exit 1; }
