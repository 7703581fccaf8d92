//! AWS on loopback: one endpoint in front of ministack, moto, and a Secrets Manager and a `CodePipeline` of its own, for the CLI and the tests.
//!
//! [`LocalAws::start`] brings up both servers behind a proxy on 127.0.0.1. An access key of 12 digits is the
//! account of that number, in every service. The proxy records each call and injects faults by account, so
//! tests run side by side, each in an account of its own. State is in memory and ends with the process that
//! started it, however that dies. Nothing that is deployed depends on this crate.

mod access_analyzer;
mod authorization;
mod callers;
mod calls;
mod control;
mod credentials;
pub mod deploy;
mod fault_kind;
mod faults;
mod forwarding;
mod gates;
pub mod lambda_api;
mod operations;
mod pipelines;
mod proxy;
mod refusals;
mod routes;
mod secrets_manager;
mod supervisor;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::sync::oneshot;

pub use calls::Call;
pub use credentials::DEFAULT_ACCOUNT;
pub use fault_kind::FaultKind;
pub use faults::Fault;
pub use gates::{Gate, Held, OBSERVER};
pub use pipelines::JobState;
use proxy::Proxy;
pub use secrets_manager::Managed;
use supervisor::Supervisor;

/// A running AWS on loopback; dropping it ends everything that it started.
pub struct LocalAws {
    endpoint: String,
    proxy: Arc<Proxy>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<thread::JoinHandle<()>>,
    supervisor: Option<Supervisor>,
}

impl LocalAws {
    /// Starts it on a free port and waits until it answers, about a second; it blocks, and needs no runtime.
    ///
    /// Fails where the Python environment is missing, or with the end of the log of a server that died.
    pub fn start() -> Result<Self> {
        Self::start_on(0)
    }

    /// The same on a given port; 0 is any free one.
    pub fn start_on(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on 127.0.0.1:{port}; choose another port"))?;
        let address = listener.local_addr()?;
        let supervisor = Supervisor::spawn(address)?;
        let proxy = Arc::new(Proxy {
            servers: supervisor.servers,
            calls: calls::CallLog::default(),
            faults: faults::FaultBook::default(),
            gates: Arc::default(),
            silences: faults::Silences::default(),
            access_keys: callers::AccessKeys::default(),
            secrets: secrets_manager::Vault::default(),
            pipelines: pipelines::Pipelines::new(supervisor.servers, address),
            last_words: supervisor.last_words(),
        });
        let (stop, stopped) = oneshot::channel();
        let serving = serve_in_thread(listener, Arc::clone(&proxy), stopped)?;
        supervisor.wait_until_ready()?;
        Ok(Self {
            endpoint: endpoint_of(address),
            proxy,
            stop: Some(stop),
            serving: Some(serving),
            supervisor: Some(supervisor),
        })
    }

    /// The URL to give to an SDK as its endpoint, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The calls of one account so far, in the order of their arrival.
    #[must_use]
    pub fn calls(&self, account: &str) -> Vec<Call> {
        self.calls_since(account, 0)
    }

    /// The same without the first `skipped` ones.
    #[must_use]
    pub fn calls_since(&self, account: &str, skipped: usize) -> Vec<Call> {
        self.proxy.calls.since(account, skipped)
    }

    /// How many calls one account has made so far.
    #[must_use]
    pub fn count(&self, account: &str) -> usize {
        self.proxy.calls.count(account)
    }

    /// Ends when this account makes its next call, counted from now and not from when this is first polled.
    pub fn next_call(&self, account: &str) -> impl Future<Output = ()> + Send + 'static {
        self.proxy.calls.arrival(account).notified_owned()
    }

    /// What IAM says of each of these calls, if they are made by a role of a template (its logical id) that was given these
    /// parameters: null where it is allowed. A call is [`Call::to_iam`], or an `action`, a `resource` and a `context`; one that has only an
    /// `account` and a `region` is answered with what the role says there.
    pub async fn ask_iam(
        &self,
        (template, role): (&Value, &str),
        parameters: &Value,
        calls: &[Value],
    ) -> Result<Vec<Value>> {
        let asked = json!({"template": template, "resource": role, "parameters": parameters, "calls": calls});
        authorization::ask_engine(&self.proxy.servers, asked).await
    }

    /// Orders a fault; what matches it is counted from now on.
    pub fn inject(&self, fault: &Fault) {
        self.proxy.faults.inject(fault.clone());
    }

    /// Holds every call of this account until the test lets it pass, but for those of [`OBSERVER`].
    #[must_use]
    pub fn gate(&self, account: &str) -> Gate {
        Gate::close(account, &self.proxy.gates)
    }

    /// Ends when the next request of this account is left without an answer ([`FaultKind::Timeout`]): a client whose timeouts elapse
    /// then waits neither too short on a busy machine nor too long on a quiet one.
    pub fn silence(&self, account: &str) -> impl Future<Output = ()> + Send + 'static {
        self.proxy.silences.of(account).notified_owned()
    }

    /// Puts a secret there that a service of AWS manages, as RDS manages those of masters.
    pub fn manage_secret(&self, managed: &Managed<'_>) {
        self.proxy.secrets.manage(managed);
    }

    /// Opens a job in this account and region, which no pipeline waits for: it is answered as others are.
    pub fn open_job(&self, account: &str, region: &str, id: &str) {
        self.proxy.pipelines.open_job((account, region), id);
    }

    /// Ends when something changes in the pipelines of this account, counted from now and not from when this is first polled.
    pub fn next_change_of_pipelines(&self, account: &str) -> impl Future<Output = ()> + Send + 'static {
        self.proxy.pipelines.changes_of(account).notified_owned()
    }

    /// What became of a job; `None` where there is none.
    #[must_use]
    pub fn job(&self, account: &str, region: &str, id: &str) -> Option<JobState> {
        self.proxy.pipelines.job((account, region), id)
    }

    /// Forgets the faults of one account.
    pub fn clear_faults(&self, account: &str) {
        self.proxy.faults.clear(account);
    }
}

impl Drop for LocalAws {
    fn drop(&mut self) {
        drop(self.supervisor.take());
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

/// The directory of the workspace that this crate was built in, which has `infra/` and `.local/`.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

fn endpoint_of(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// The proxy has a thread and a runtime of its own, so that it answers whatever the caller's runtime does.
fn serve_in_thread(
    listener: TcpListener,
    proxy: Arc<Proxy>,
    stopped: oneshot::Receiver<()>,
) -> Result<thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    listener.set_nonblocking(true)?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let serving = move || {
        runtime.block_on(async {
            tokio::select! {
                () = proxy::serve(listener, proxy) => {}
                _ = stopped => {}
            }
        });
    };
    Ok(thread::Builder::new().name("local-aws".into()).spawn(serving)?)
}
