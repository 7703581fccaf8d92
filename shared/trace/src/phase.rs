//! Work that is recorded as a phase of a run.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::{Ending, Open, Recorder};

/// Does `work` and records it as a phase: the calls that it makes are parts of it. Without a recorder it only does the work.
pub fn phase<'a, W: Future, E: FnOnce(&W::Output) -> Ending>(
    recorder: Option<&'a Recorder>,
    name: &str,
    work: W,
    ending: E,
) -> Phase<'a, W, E> {
    Phase { work, ending: Some(ending), open: recorder.map(|it| it.open(name)) }
}

/// The same for one of many steps, which only the first [`crate::STEPS`] have a phase of their own for.
pub fn step<W: Future, E: FnOnce(&W::Output) -> Ending>(
    recorder: Option<&Recorder>,
    name: impl FnOnce() -> String,
    work: W,
    ending: E,
) -> Phase<'_, W, E> {
    Phase { work, ending: Some(ending), open: recorder.and_then(|it| it.open_step(name)) }
}

pin_project! {
    /// Work that is recorded. Each poll of it enters its phase and leaves it again, so that work which goes on side by side keeps
    /// apart. It holds the work as it is: an `async fn` around it would hold it twice, and the futures of the SDK are large.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Phase<'a, W, E> {
        #[pin]
        work: W,
        ending: Option<E>,
        open: Option<Open<'a>>,
    }
}

impl<W, E> Phase<'_, W, E> {
    /// The same phase, which has not failed where it is left before its end.
    pub fn or_left(mut self) -> Self {
        self.open = self.open.map(Open::or_left);
        self
    }
}

impl<W: Future, E: FnOnce(&W::Output) -> Ending> Future for Phase<'_, W, E> {
    type Output = W::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<W::Output> {
        let this = self.project();
        let output = {
            let _within = this.open.as_ref().map(Open::enter);
            ready!(this.work.poll(context))
        };
        if let (Some(open), Some(ending)) = (this.open.take(), this.ending.take()) {
            open.close(ending(&output));
        }
        Poll::Ready(output)
    }
}
