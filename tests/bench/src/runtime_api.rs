//! A Lambda Runtime API on loopback, as small and fast as can be: it hands one event at a time to the measured process
//! and notes when the process answers and when it asks for the next one.
//!
//! It follows <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. `cli/local-aws` has another one for the
//! tests; this one does nothing but measure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::{Mutex, mpsc};

use crate::clock;
use crate::http::{Answer, Answers, Server, serve};

const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:share-ami";
/// Far enough that no deadline is ever near: 2100-01-01, in milliseconds.
const DEADLINE_MS: &str = "4102444800000";
/// To ask for each of 10,000 images takes nearly nine minutes at the rate of EC2.
const PATIENCE: Duration = Duration::from_mins(15);

/// What the process did.
enum Arrival {
    Next(Instant),
    Answered(Instant, Bytes),
    Failed(Bytes),
}

/// The Runtime API of one process.
pub struct RuntimeApi {
    server: Server,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    events: mpsc::UnboundedSender<Bytes>,
}

/// One event, handled.
pub struct Handled {
    /// When the process had answered. It has asked for the next event since.
    pub answered: Instant,
    /// What it answered.
    pub body: Bytes,
}

impl RuntimeApi {
    /// Starts it.
    pub async fn start() -> Result<Self> {
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let (events, waiting) = mpsc::unbounded_channel();
        let listener = Listener { arrived, waiting: Arc::new(Mutex::new(waiting)) };
        Ok(Self { server: serve(None, listener).await?, arrivals, events })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.server.address.to_string()
    }

    /// Waits until the process is initialised: it asks for its first event.
    pub async fn initialised(&mut self) -> Result<Instant> {
        match self.arrival().await? {
            Arrival::Next(at) => Ok(at),
            Arrival::Answered(_, body) | Arrival::Failed(body) => {
                bail!("instead of asking for an event: {}", text(&body))
            }
        }
    }

    /// Hands an event over and waits for its answer and for the next request.
    pub async fn invoke(&mut self, event: String) -> Result<Handled> {
        self.events.send(event.into()).ok().context("the Runtime API has ended")?;
        let (answered, body) = match self.arrival().await? {
            Arrival::Answered(at, body) => (at, body),
            Arrival::Failed(body) => bail!("the event failed: {}", text(&body)),
            Arrival::Next(_) => bail!("the next event was asked for before this one was answered"),
        };
        self.initialised().await?;
        Ok(Handled { answered, body })
    }

    async fn arrival(&mut self) -> Result<Arrival> {
        let arrival = tokio::time::timeout(PATIENCE, self.arrivals.recv()).await;
        arrival
            .with_context(|| format!("nothing was heard of it for {PATIENCE:?}"))?
            .context("the Runtime API has ended")
    }
}

fn text(body: &Bytes) -> String {
    String::from_utf8_lossy(body).into_owned()
}

#[derive(Clone)]
struct Listener {
    arrived: mpsc::UnboundedSender<Arrival>,
    waiting: Arc<Mutex<mpsc::UnboundedReceiver<Bytes>>>,
}

impl Answers for Listener {
    async fn answer(&self, request: Request<Bytes>) -> Answer {
        let at = clock::now();
        let path = request.uri().path();
        if request.method() == Method::GET && path.ends_with("/invocation/next") {
            self.tell(Arrival::Next(at));
            // Ends with the benchmark's side of the channel, and then no one reads this answer any more.
            let event = self.waiting.lock().await.recv().await.unwrap_or_default();
            return invocation(event);
        }
        let answered = path.ends_with("/response");
        let body = request.into_body();
        self.tell(if answered { Arrival::Answered(at, body) } else { Arrival::Failed(body) });
        let mut accepted = Response::new(Full::from(Bytes::from_static(b"{\"status\":\"OK\"}")));
        *accepted.status_mut() = StatusCode::ACCEPTED;
        accepted
    }
}

impl Listener {
    fn tell(&self, arrival: Arrival) {
        // No one listens once the measurement has ended.
        let _ = self.arrived.send(arrival);
    }
}

fn invocation(event: Bytes) -> Answer {
    let mut answer = Response::new(Full::from(event));
    for (name, value) in [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", REQUEST_ID),
        ("lambda-runtime-deadline-ms", DEADLINE_MS),
        ("lambda-runtime-invoked-function-arn", FUNCTION_ARN),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"),
    ] {
        answer.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
    answer
}
