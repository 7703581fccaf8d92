//! The requests that gix makes of a web server, by the one client. The token goes to the repository's own host and nowhere else.

use std::any::Any;
use std::io::{self, BufRead, Cursor, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse};
use reaction::Error;
use reqwest::{Client, RequestBuilder, Response, Url};
use secrecy::ExposeSecret;

use crate::access::Access;
use crate::address::WebAddress;
use crate::answers::judge;
use crate::watch::{Watch, chain};

/// A web server that has the repository.
#[derive(Clone)]
pub(crate) struct Web {
    client: Client,
    at: WebAddress,
    access: Access,
    watch: Watch,
}

/// A request that is sent when its answer is first read, and then the answer.
enum Exchange {
    Asked(RequestBuilder, Vec<u8>),
    Answered(Option<(Vec<u8>, Response)>),
}

/// A conversation goes from one thread to another, and is on one at a time.
type Shared = Arc<Mutex<Exchange>>;

/// What is written to the server.
pub(crate) struct Upload(Shared);

/// The headers of an answer, a line each.
pub(crate) struct Headers {
    web: Web,
    exchange: Shared,
    lines: Option<Cursor<Vec<u8>>>,
}

/// The body of an answer.
pub(crate) struct Body {
    web: Web,
    exchange: Shared,
    response: Option<Response>,
    chunk: Cursor<Vec<u8>>,
}

impl Web {
    pub(crate) fn new(client: &Client, at: &WebAddress, access: &Access, watch: &Watch) -> Self {
        Self { client: client.clone(), at: at.clone(), access: access.clone(), watch: watch.clone() }
    }

    /// A request with the token, where it goes to the repository's host.
    fn ask(
        &self,
        url: &str,
        make: fn(&Client, Url) -> RequestBuilder,
        lines: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix_error::Result<RequestBuilder> {
        let url = Url::parse(url).ok().filter(|it| self.at.is_of_origin(it));
        let url = url.ok_or_else(|| self.raise(Error::refused(format!("{} leads elsewhere", self.watch.remote()))))?;
        let mut request = make(&self.client, url);
        for line in lines {
            if let Some((name, value)) = line.as_ref().split_once(':')
                && !name.eq_ignore_ascii_case("user-agent")
            {
                request = request.header(name.trim(), value.trim());
            }
        }
        Ok(match &self.access {
            Access::Token { user, token } => request.basic_auth(user.expose_secret(), Some(token.expose_secret())),
            Access::Ssh { .. } | Access::Open => request,
        })
    }

    fn raise(&self, error: Error) -> gix_error::Error {
        gix_error::Error::from_error(self.watch.fail(error))
    }

    fn send(&self, request: RequestBuilder) -> io::Result<(Vec<u8>, Response)> {
        let doing = || format!("reading {}", self.watch.remote());
        let response = self.watch.wait(request.send())?.map_err(|error| {
            let cause = chain(&error.without_url());
            self.watch.fail(Error::failed(format!("{}: {cause}; check the address and that the server is up", doing())))
        })?;
        let has_token = matches!(self.access, Access::Token { .. });
        if let Some(error) = judge(&doing(), response.status(), response.headers(), has_token) {
            return Err(self.watch.fail(error));
        }
        let mut lines = Vec::new();
        for (name, value) in response.headers() {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value.as_bytes());
            lines.push(b'\n');
        }
        Ok((lines, response))
    }

    fn readers(&self, exchange: Exchange) -> (Shared, Headers, Body) {
        let exchange = Arc::new(Mutex::new(exchange));
        let headers = Headers { web: self.clone(), exchange: Arc::clone(&exchange), lines: None };
        let body =
            Body { web: self.clone(), exchange: Arc::clone(&exchange), response: None, chunk: Cursor::new(Vec::new()) };
        (exchange, headers, body)
    }

    /// Sends what was asked, once, and gives the headers and the answer.
    fn answer<T>(
        &self,
        exchange: &Shared,
        take: impl FnOnce(&mut Option<(Vec<u8>, Response)>) -> Option<T>,
    ) -> io::Result<Option<T>> {
        let mut exchange = exchange.lock().unwrap_or_else(PoisonError::into_inner);
        if let Exchange::Asked(request, body) = &mut *exchange {
            let request = request.try_clone().ok_or_else(|| io::Error::other("a request cannot be sent"))?;
            let answered = self.send(request.body(std::mem::take(body)))?;
            *exchange = Exchange::Answered(Some(answered));
        }
        Ok(match &mut *exchange {
            Exchange::Answered(answer) => take(answer),
            Exchange::Asked(..) => None,
        })
    }
}

impl Http for Web {
    type Headers = Headers;
    type ResponseBody = Body;
    type PostBody = Upload;

    fn get(
        &mut self,
        url: &str,
        _base: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix_error::Result<GetResponse<Headers, Body>> {
        let request = self.ask(url, Client::get, headers)?;
        let answered = self.send(request).map_err(gix_error::Error::from_error)?;
        let (_, headers, body) = self.readers(Exchange::Answered(Some(answered)));
        Ok(GetResponse { headers, body })
    }

    fn post(
        &mut self,
        url: &str,
        _base: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _kind: PostBodyDataKind,
    ) -> gix_error::Result<PostResponse<Headers, Body, Upload>> {
        let request = self.ask(url, Client::post, headers)?;
        let (exchange, headers, body) = self.readers(Exchange::Asked(request, Vec::new()));
        Ok(PostResponse { post_body: Upload(exchange), headers, body })
    }

    fn configure(&mut self, _config: &dyn Any) -> gix_error::Result {
        Ok(())
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Exchange::Asked(_, body) => body.extend_from_slice(bytes),
            Exchange::Answered(_) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BufRead for Headers {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.lines.is_none() {
            let lines = self.web.answer(&self.exchange, |it| it.as_ref().map(|(lines, _)| lines.clone()))?;
            self.lines = Some(Cursor::new(lines.unwrap_or_default()));
        }
        self.lines.as_mut().map_or(Ok(&[]), Cursor::fill_buf)
    }

    fn consume(&mut self, amount: usize) {
        if let Some(lines) = &mut self.lines {
            lines.consume(amount);
        }
    }
}

impl Read for Headers {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, buffer)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.response.is_none() {
            self.response = self.web.answer(&self.exchange, |it| it.take().map(|(_, response)| response))?;
        }
        while self.chunk.fill_buf()?.is_empty() {
            let Some(response) = &mut self.response else { break };
            let chunk = self.web.watch.wait(response.chunk())?.map_err(|error| {
                let cause = chain(&error.without_url());
                let remote = self.web.watch.remote();
                self.web.watch.fail(Error::failed(format!("reading {remote}: {cause}; try again")))
            })?;
            let Some(chunk) = chunk else { break };
            self.web.watch.count(chunk.len())?;
            self.chunk = Cursor::new(chunk.into());
        }
        self.chunk.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.consume(amount);
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, buffer)
    }
}

fn read_buffered(from: &mut impl BufRead, buffer: &mut [u8]) -> io::Result<usize> {
    let read = from.fill_buf()?.read(buffer)?;
    from.consume(read);
    Ok(read)
}
