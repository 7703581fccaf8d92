#!/usr/bin/env bash
# cargo 1.95.0 with dash 0.5.12: an integration test that asks for its package's program by env!("CARGO_BIN_EXE_a-program") does not compile where
# `rustc-wrapper` is a script of `sh`, even one that only passes its arguments on. Cargo puts the program's path into a variable that
# has the program's name, most often one with a hyphen. dash drops variables whose names are not names of the shell, and bash keeps
# them. The message speaks of build scripts, and names neither the wrapper nor the shell.
# https://doc.rust-lang.org/cargo/reference/environment-variables.html
#
# Observed on 30 November 2026:
#   without a wrapper: compiled
#   bash passes on: compiled
#   dash passes on: error: environment variable `CARGO_BIN_EXE_a-program` not defined at compile time
#
# Needs cargo 1.95, bash and dash. Fails when the behaviour changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/src" "$folder/tests"
printf '[package]\nname = "a-program"\nversion = "0.1.0"\nedition = "2024"\n' >"$folder/Cargo.toml"
echo 'fn main() {}' >"$folder/src/main.rs"
echo '#[test] fn starts() { assert!(std::process::Command::new(env!("CARGO_BIN_EXE_a-program")).status().unwrap().success()); }' >"$folder/tests/starts.rs"
for shell in bash dash; do
  printf '#!/usr/bin/env %s\nexec "$@"\n' "$shell" >"$folder/$shell"
  chmod +x "$folder/$shell"
done

check() {
  if RUSTC_WRAPPER="$1" CARGO_TARGET_DIR="$folder/target${1##*/}" cargo test --quiet --no-run --manifest-path "$folder/Cargo.toml" >"$folder/said" 2>&1; then
    echo compiled
  else
    grep -m1 '^error: environment' "$folder/said"
  fi
}

found="without a wrapper: $(check '')
bash passes on: $(check "$folder/bash")
dash passes on: $(check "$folder/dash")"
echo "$found"
expected='without a wrapper: compiled
bash passes on: compiled
dash passes on: error: environment variable `CARGO_BIN_EXE_a-program` not defined at compile time'
[ "$found" = "$expected" ] || { echo "the behaviour has changed: read the comment of this script" >&2; exit 1; }
