#!/usr/bin/env bash
# lambda_runtime 1.5.0 with glibc 2.36: a function keeps the trace id of each invocation for as long as it lives. The crate sets the
# variable `_X_AMZN_TRACE_ID` before each one, and glibc keeps every value that setenv was ever given, some 130 bytes each. The crate
# leaves the variable alone only where Lambda gives a process several invocations at once, which Lambda Managed Instances do.
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
#
# Observed on 30 November 2026, growth from the 2,000th invocation to the 42,000th:
#   without trace ids: 0 MB
#   with the same trace id each time: 0 MB
#   with another trace id each time: 5 MB
#
# Needs cargo, Linux with glibc, and Python 3. Fails when the behaviour changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "keeps"
version = "0.1.0"
edition = "2024"

[dependencies]
lambda_runtime = { version = "=1.5.0", default-features = false }
serde_json = "=1.0.154"
tokio = { version = "1", features = ["macros", "rt"] }
TOML
cat >"$folder/src/main.rs" <<'RUST'
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |event: LambdaEvent<Value>| Ok::<_, Error>(event.payload))).await
}
RUST
cat >"$folder/runtime_api.py" <<'PYTHON'
"""Hands out invocations, and prints by how many MB the function that asks for them grew."""
import http.server, os, subprocess, sys

BEGIN, END = 2_000, 42_000


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm, wbufsize = "HTTP/1.1", True, -1
    count, measured = 0, {}

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        kind, count = type(self), type(self).count
        if count in (BEGIN, END):
            with open(f"/proc/{function.pid}/status") as status:
                kind.measured[count] = int(next(it for it in status if it.startswith("RssAnon:")).split()[1])
        if count == END:
            print(max(0, round((kind.measured[END] - kind.measured[BEGIN]) / 1024)), flush=True)
            function.kill()
            os._exit(0)
        kind.count += 1
        number = {"none": None, "same": 1, "other": count}[sys.argv[2]]
        trace = {"lambda_runtime_trace_id": f"Root=1-6b0d43e6-{number or 0:024x};Parent=53995c3f42cd8ad8;Sampled=1"}
        arn = "arn:aws:lambda:eu-west-1:111122223333:function:keeps"
        self.answer(
            200, b"{}", lambda_runtime_aws_request_id=str(count), lambda_runtime_deadline_ms="9999999999999",
            lambda_runtime_invoked_function_arn=arn, **(trace if number else {}),
        )

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.answer(202)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
of_lambda = {"FUNCTION_NAME": "keeps", "FUNCTION_VERSION": "1", "FUNCTION_MEMORY_SIZE": "128"}
environment = {f"AWS_LAMBDA_{name}": value for name, value in of_lambda.items()}
environment["AWS_LAMBDA_RUNTIME_API"] = f"127.0.0.1:{server.server_address[1]}"
function = subprocess.Popen([sys.argv[1]], env=environment)
server.serve_forever()
PYTHON
CARGO_TARGET_DIR="$folder/target" cargo build --quiet --release --manifest-path "$folder/Cargo.toml"
grown() { python3 "$folder/runtime_api.py" "$folder/target/release/keeps" "$1"; }

none="$(grown none)"
same="$(grown same)"
other="$(grown other)"
echo "without trace ids: $none MB"
echo "with the same trace id each time: $same MB"
echo "with another trace id each time: $other MB"
[ "$none" -le 1 ] && [ "$same" -le 1 ] && [ "$other" -ge 3 ] || { echo "the behaviour has changed: read the comment of this script" >&2; exit 1; }
