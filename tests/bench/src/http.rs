//! What the two loopback servers of the benchmark share: a listener that hands each request, with its body read, to a
//! closure, as fast as hyper can. Nothing here is counted: only the measured process's CPU time is.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// An answer whose body is whole.
pub type Answer = Response<Full<Bytes>>;

/// Answers requests; cloned for every connection.
pub trait Answers: Clone + Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, request: Request<Bytes>) -> impl Future<Output = Answer> + Send;
}

/// A running server. Dropping it closes its port and its connections.
#[derive(Debug)]
pub struct Server {
    /// Where it listens, on 127.0.0.1.
    pub address: SocketAddr,
    _accepting: JoinSet<()>,
}

/// Starts a server on a free port of 127.0.0.1, with TLS when there is an acceptor.
pub async fn serve(tls: Option<TlsAcceptor>, answers: impl Answers) -> Result<Server> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("listening on 127.0.0.1")?;
    let address = listener.local_addr()?;
    let mut accepting = JoinSet::new();
    accepting.spawn(async move {
        // The connections live in a set of their own, so that they end with the task that accepts them.
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(handshake(stream, tls.clone(), answers.clone()));
        }
    });
    Ok(Server { address, _accepting: accepting })
}

async fn handshake(stream: TcpStream, tls: Option<TlsAcceptor>, answers: impl Answers) {
    // A connection that ends early shows in the subject's own answer, not here.
    let _ = stream.set_nodelay(true);
    match tls {
        None => converse(stream, answers).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                converse(stream, answers).await;
            }
        }
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin, answers: impl Answers) {
    let service = service_fn(move |request: Request<Incoming>| {
        let answers = answers.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            Ok::<_, Infallible>(answers.answer(Request::from_parts(head, body)).await)
        }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
