//! How a request is passed on to the server that plays its service.

use std::net::SocketAddr;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::callers::TEMPORARY;
use crate::calls::Call;
use crate::credentials::{self, Credential};
use crate::routes::Server;

/// Says to ministack that IAM lets the caller do this, in another account's bucket, too.
const JUDGED: &str = "x-local-judged";

/// What an answer is; an error instead of one drops the connection.
pub(crate) type Answer = Result<Response<Full<Bytes>>>;

/// The request as its server takes it: with the account told in the server's own way.
pub(crate) fn rewrite(parts: Parts, body: Bytes, call: &Call, server: Server) -> Result<Request<Full<Bytes>>> {
    let mut target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let mut headers = parts.headers;
    drop_hop_by_hop(&mut headers);
    match server {
        Server::Moto => {
            let account = HeaderValue::from_str(&call.account)?;
            headers.insert(HeaderName::from_static("x-moto-account-id"), account);
        }
        Server::Ministack if !call.access_key.is_empty() => {
            let credential =
                Credential { region: call.region.clone(), service: call.service.clone(), ..Credential::default() };
            credentials::sign_as(&call.account, &credential, &mut headers);
            // Sessions were judged before, with everything that ministack is not told of them (`authorization.rs`).
            if call.access_key.starts_with(TEMPORARY) {
                headers.insert(HeaderName::from_static(JUDGED), HeaderValue::from_static("true"));
            }
            target = credentials::without_signature(&target);
        }
        Server::Ministack | Server::Ourselves => {}
    }
    // A body that came in chunks leaves in one piece.
    if parts.method != Method::GET && parts.method != Method::HEAD || !body.is_empty() {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = parts.method;
    *request.uri_mut() = target.parse()?;
    *request.headers_mut() = headers;
    Ok(request)
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    for name in ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"] {
        headers.remove(name);
    }
    headers.remove(EXPECT); // answered here, since the body was read whole
    headers.remove(TRANSFER_ENCODING);
}

/// One request over a connection of its own: on loopback that costs less than telling a dead one from a live one.
///
/// The server is told, and closes it: this side would else keep its port from being used again.
pub(crate) async fn ask(address: SocketAddr, mut request: Request<Full<Bytes>>) -> Answer {
    request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    let is_head = request.method() == Method::HEAD;
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (mut parts, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    drop_hop_by_hop(&mut parts.headers);
    if !is_head {
        parts.headers.remove(CONTENT_LENGTH); // set again from the body; a 304 has none
    }
    Ok(Response::from_parts(parts, Full::new(body)))
}
