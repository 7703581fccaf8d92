//! A Lambda Runtime API on loopback, and a compiled function that runs against it.
//!
//! It follows <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>: what the Lambda service says
//! to a bootstrap, without Lambda. One invocation is handed out at a time to the process that polls.

mod function;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

pub use function::Function;

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered with these bytes.
    Response(Bytes),
    /// The function reported an error, as `errorType` and `errorMessage`.
    Error(Value),
    /// Nothing came before the deadline: it hangs, it died, or none is running.
    TimedOut,
}

/// The Runtime API; dropping it stops it.
pub struct LambdaApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    invocations: mpsc::UnboundedSender<Invocation>,
    serving: tokio::task::JoinHandle<()>,
}

struct Shared {
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    running: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    init_error: watch::Sender<Option<Value>>,
    function_arn: String,
    trace_header: Mutex<String>,
}

struct Invocation {
    id: String,
    payload: Vec<u8>,
    deadline_ms: u128,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl LambdaApi {
    /// Listens on a free port of 127.0.0.1, for the function of this ARN: its account is the one that it acts in.
    pub async fn start(function_arn: &str) -> Result<Self> {
        let (invocations, waiting) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            waiting: tokio::sync::Mutex::new(waiting),
            running: Mutex::default(),
            init_error: watch::channel(None).0,
            function_arn: function_arn.to_owned(),
            trace_header: Mutex::new("Root=1-00000000-000000000000000000000000;Sampled=0".into()),
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(hand_out))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(take_response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(take_error))
            .route("/2018-06-01/runtime/init/error", post(take_init_error))
            .layer(DefaultBodyLimit::max(16 * 1024 * 1024))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(async move {
            // It serves until the task is aborted, and a connection's error is the function's.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, shared, invocations, serving })
    }

    /// Says of which trace further invocations are; at first, of one that is not kept.
    pub fn set_trace_header(&self, header: &str) {
        header.clone_into(&mut self.shared.trace_header.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What belongs into `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands `payload` to the function and waits for the end of the invocation, `deadline` at most.
    pub async fn invoke(&self, payload: impl Into<Vec<u8>>, deadline: Duration) -> Outcome {
        let number = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let (report, outcome) = oneshot::channel();
        self.running().insert(id.clone(), report);
        let deadline_ms = (since_epoch() + deadline).as_millis();
        // The receiving end lives in `shared`, as long as this does.
        let _ = self.invocations.send(Invocation { id: id.clone(), payload: payload.into(), deadline_ms });
        if let Ok(Ok(outcome)) = tokio::time::timeout(deadline, outcome).await {
            return outcome;
        }
        self.running().remove(&id);
        Outcome::TimedOut
    }

    /// Waits for the function to report that it cannot start, and says why.
    pub async fn init_error(&self) -> Value {
        let mut reported = self.shared.init_error.subscribe();
        match reported.wait_for(Option::is_some).await {
            Ok(error) => error.clone().unwrap_or_default(),
            Err(_) => Value::Null,
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<Outcome>>> {
        self.shared.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LambdaApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[expect(clippy::disallowed_methods, reason = "the deadline is told as wall-clock time")]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

async fn hand_out(State(shared): State<Arc<Shared>>) -> Response {
    let mut waiting = shared.waiting.lock().await;
    let invocation = loop {
        match waiting.recv().await {
            // What no process waits for any more is not begun.
            Some(next) if !shared.is_running(&next.id) => {}
            Some(next) => break next,
            None => return StatusCode::GONE.into_response(),
        }
    };
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", invocation.id),
        ("Lambda-Runtime-Deadline-Ms", invocation.deadline_ms.to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", shared.function_arn.clone()),
        ("Lambda-Runtime-Trace-Id", shared.trace_header.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        ("Content-Type", "application/json".to_owned()),
    ];
    (headers, Body::from(invocation.payload)).into_response()
}

async fn take_response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    shared.end(&id, Outcome::Response(body))
}

async fn take_error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    shared.end(&id, Outcome::Error(error_in(&body)))
}

async fn take_init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    shared.init_error.send_replace(Some(error_in(&body)));
    StatusCode::ACCEPTED
}

fn error_in(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

impl Shared {
    fn is_running(&self, id: &str) -> bool {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    fn end(&self, id: &str, outcome: Outcome) -> StatusCode {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        match running.map(|report| report.send(outcome)) {
            Some(Ok(())) => StatusCode::ACCEPTED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn send(address: SocketAddr, request: &str, body: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let length = body.len();
        let text =
            format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// What a bootstrap does once: polls, and posts `body` to `verb` of the invocation it got.
    async fn answer_one(address: SocketAddr, verb: &str, body: &str) -> String {
        let next = send(address, "GET /2018-06-01/runtime/invocation/next", "").await;
        let id = next.lines().find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: ")).unwrap();
        let done = send(address, &format!("POST /2018-06-01/runtime/invocation/{id}/{verb}"), body).await;
        assert!(done.starts_with("HTTP/1.1 202"), "{done}");
        next
    }

    #[tokio::test]
    async fn an_invocation_goes_to_the_function_and_its_answer_comes_back() {
        let api = LambdaApi::start("arn:aws:lambda:eu-west-1:111122223333:function:local").await.unwrap();
        let (outcome, next) = tokio::join!(
            api.invoke(r#"{"a":1}"#, Duration::from_secs(10)),
            answer_one(api.address(), "response", "done"),
        );
        assert_eq!(outcome, Outcome::Response(Bytes::from_static(b"done")));
        assert!(next.ends_with(r#"{"a":1}"#), "{next}");
    }

    #[tokio::test]
    async fn an_error_and_a_failed_start_are_told_apart() {
        let api = LambdaApi::start("arn:aws:lambda:eu-west-1:111122223333:function:local").await.unwrap();
        let error = r#"{"errorType":"Failed","errorMessage":"why"}"#;
        let (outcome, _) =
            tokio::join!(api.invoke("{}", Duration::from_secs(10)), answer_one(api.address(), "error", error),);
        assert_eq!(outcome, Outcome::Error(serde_json::from_str(error).unwrap()));
        send(api.address(), "POST /2018-06-01/runtime/init/error", error).await;
        assert_eq!(api.init_error().await["errorMessage"], "why");
    }

    #[tokio::test]
    async fn an_invocation_that_nobody_takes_times_out_and_is_not_begun_later() {
        let api = LambdaApi::start("arn:aws:lambda:eu-west-1:111122223333:function:local").await.unwrap();
        assert_eq!(api.invoke("late", Duration::from_millis(1)).await, Outcome::TimedOut);
        let (outcome, next) =
            tokio::join!(api.invoke("next", Duration::from_secs(10)), answer_one(api.address(), "response", ""),);
        assert_eq!(outcome, Outcome::Response(Bytes::new()));
        assert!(next.ends_with("next"), "{next}");
    }
}
