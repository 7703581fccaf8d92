//! Ending a run before its end.

use tokio::sync::watch;

/// Ends a run: pulled once, nothing more is begun; pulled again, what is in flight is given up too.
#[derive(Debug)]
pub struct Brake(watch::Sender<u8>);

/// The run's end of a brake.
#[derive(Clone, Debug)]
pub struct Braking(Option<watch::Receiver<u8>>);

impl Brake {
    /// A brake and the run's end of it.
    #[must_use]
    pub fn new() -> (Self, Braking) {
        let (sender, receiver) = watch::channel(0);
        (Self(sender), Braking(Some(receiver)))
    }

    /// Pulls it.
    pub fn pull(&self) {
        self.0.send_modify(|pulls| *pulls = pulls.saturating_add(1));
    }
}

impl Braking {
    /// One that is never pulled.
    #[must_use]
    pub fn never() -> Self {
        Self(None)
    }

    /// Waits until it has been pulled more often than `seen`, and says how often that is.
    pub async fn pulled(&mut self, seen: u8) -> u8 {
        if let Some(receiver) = &mut self.0
            && let Ok(pulls) = receiver.wait_for(|pulls| *pulls > seen).await
        {
            return *pulls;
        }
        // The brake is gone, or there never was one.
        std::future::pending().await
    }
}
