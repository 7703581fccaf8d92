//! A compiled bootstrap, run with the environment that Lambda would give it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::LambdaApi;

/// A running function; dropping it kills it.
pub struct Function {
    child: Child,
    output: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Function {
    /// Runs `binary` against `api` with Lambda's variables and `environment`, and with nothing of the caller's.
    pub fn spawn(binary: &Path, environment: &BTreeMap<String, String>, api: &LambdaApi) -> Result<Self> {
        let name = binary.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut child = Command::new(binary)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", &name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("_HANDLER", "bootstrap")
            .env("TZ", ":UTC")
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run {}; build it first", binary.display()))?;
        let output = Arc::new(Mutex::new(String::new()));
        let readers = [collect(child.stdout.take(), &output), collect(child.stderr.take(), &output)];
        Ok(Self { child, output, readers: readers.into_iter().flatten().collect() })
    }

    /// What it has written so far to standard output and error, line by line.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its process id; none once it has ended and was waited for.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for it to end by itself, as a bootstrap does only when it cannot start, and for the last of its output.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().await?;
        for reader in self.readers.drain(..) {
            reader.await?;
        }
        Ok(status)
    }

    /// Ends it, as Lambda ends a sandbox, and returns all that it has written.
    pub async fn end(mut self) -> Result<String> {
        self.child.start_kill()?;
        self.wait().await?;
        Ok(self.output())
    }
}

fn collect(
    stream: Option<impl AsyncRead + Unpin + Send + 'static>,
    output: &Arc<Mutex<String>>,
) -> Option<JoinHandle<()>> {
    let stream = stream?;
    let output = Arc::clone(output);
    Some(tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            output.push_str(&line);
            output.push('\n');
        }
    }))
}
