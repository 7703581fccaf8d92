//! What `make demo` runs: `signalbox demo`, without the rest of the command line.

use std::process::ExitCode;

use terminal::failure::Failure;
use terminal::interruption;
use terminal::output::Format;

fn main() -> ExitCode {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(async {
            interruption::end(demo::demo(Format::Text), Some(format!("interrupted: {}", demo::FAREWELL))).await
        }),
        Err(error) => Failure::configuration(error).tell(),
    }
}
