//! Calls that wait until a test lets them pass, so that it can look at what there is at every moment of a run.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::calls::Call;

/// The name of the application whose calls no gate holds, as SDKs write it into the `User-Agent`.
pub const OBSERVER: &str = "observer";

/// The gates that are closed, by account.
#[derive(Debug, Default)]
pub(crate) struct Gates(Mutex<HashMap<String, UnboundedSender<Held>>>);

/// A call that waits. It passes when this is dropped.
#[derive(Debug)]
pub struct Held {
    /// The call.
    pub call: Call,
    _pass: oneshot::Sender<()>,
}

/// Holds every call of one account, but for those of [`OBSERVER`]. Dropping it lets all of them pass.
pub struct Gate {
    account: String,
    held: UnboundedReceiver<Held>,
    gates: Arc<Gates>,
}

impl Gates {
    fn of(&self, account: &str) -> Option<UnboundedSender<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned()
    }

    /// Ends when the call may pass: at once where no gate holds it.
    pub(crate) async fn pass(&self, call: &Call) {
        let is_observer = call.user_agent.split(' ').any(|word| word == format!("app/{OBSERVER}"));
        let Some(gate) = self.of(&call.account).filter(|_| !is_observer) else { return };
        let (pass, passed) = oneshot::channel();
        // A gate that was opened meanwhile drops what it held.
        if gate.send(Held { call: call.clone(), _pass: pass }).is_ok() {
            let _ = passed.await;
        }
    }
}

impl Gate {
    pub(crate) fn close(account: &str, gates: &Arc<Gates>) -> Self {
        let (gate, held) = unbounded_channel();
        gates.0.lock().unwrap_or_else(PoisonError::into_inner).insert(account.to_owned(), gate);
        Self { account: account.to_owned(), held, gates: Arc::clone(gates) }
    }

    /// The next call that waits.
    pub async fn next(&mut self) -> Held {
        match self.held.recv().await {
            Some(held) => held,
            // The sender is dropped with this only.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.gates.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.account);
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gate({})", self.account)
    }
}
