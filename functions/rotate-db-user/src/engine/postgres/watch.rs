//! A connection on which Signalbox reads how the server wants to be shown the password, before the driver answers.
//!
//! The driver hands a password in clear text to any server that asks for it. Nothing that is read here is kept, but for the salt
//! of SCRAM: a pooler may hold a copy of the verifier, and only one with the same salt is equal to it.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// The type of a message, and its length without the type.
const HEADER: usize = 5;

/// Before a login ends, no message of a server is longer.
const LONGEST: usize = 64 * 1024;

/// How the server wanted to be shown the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Md5,
    /// With the salt in base64, and the iterations.
    Scram(String, u32),
}

/// What a server asked for that it does not get.
#[derive(Debug)]
pub(super) enum Demand {
    /// The password itself.
    Clear,
    /// Its MD5 hash, over a connection on which no certificate says whose server it is.
    UnprovenMd5,
    /// A message that is longer than any of a login.
    TooLong,
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "it asked for the password in clear text, and got nothing",
            Self::UnprovenMd5 => "without TLS, it asked for the password's MD5 hash, and got nothing",
            Self::TooLong => "its message is longer than one of a login",
        })
    }
}

impl std::error::Error for Demand {}

/// Reads the messages of a server up to the end of the login.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// Whether the server's certificate was verified.
    is_proven: bool,
    message: Vec<u8>,
    is_over: bool,
    asked: Arc<OnceLock<Asked>>,
}

impl Watch {
    pub(super) fn new(is_proven: bool) -> Self {
        Self { is_proven, ..Self::default() }
    }

    /// Where it will stand how the server asked.
    pub(super) fn asked(&self) -> Arc<OnceLock<Asked>> {
        Arc::clone(&self.asked)
    }

    fn see(&mut self, mut bytes: &[u8]) -> Result<(), Demand> {
        while !self.is_over && !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(self.wanted()? - self.message.len()));
            self.message.extend_from_slice(now);
            bytes = later;
            if self.message.len() >= HEADER && self.message.len() >= self.wanted()? {
                let message = std::mem::take(&mut self.message);
                self.judge(message[0], &message[HEADER..])?;
            }
        }
        Ok(())
    }

    /// How long the message is, as far as that is known.
    fn wanted(&self) -> Result<usize, Demand> {
        let Some(length) = self.message.get(1..HEADER).and_then(|it| it.first_chunk()) else { return Ok(HEADER) };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > LONGEST { Err(Demand::TooLong) } else { Ok((length + 1).max(HEADER)) }
    }

    fn judge(&mut self, kind: u8, body: &[u8]) -> Result<(), Demand> {
        match (kind, body.first_chunk().map(|it| u32::from_be_bytes(*it))) {
            (b'R', Some(3)) => return Err(Demand::Clear),
            (b'R', Some(5)) if !self.is_proven => return Err(Demand::UnprovenMd5),
            (b'R', Some(5)) => drop(self.asked.set(Asked::Md5)),
            (b'R', Some(11)) => drop(salt_of(&body[4..]).map(|it| self.asked.set(it))),
            // The login is over, one way or the other.
            (b'R', Some(0)) | (b'E', _) => self.is_over = true,
            _ => {}
        }
        Ok(())
    }
}

/// The salt in a server's first message of SCRAM: <https://www.rfc-editor.org/rfc/rfc5802#section-7>.
fn salt_of(body: &[u8]) -> Option<Asked> {
    let text = std::str::from_utf8(body).ok()?;
    let value = |key: &str| text.split(',').find_map(|it| it.strip_prefix(key));
    Some(Asked::Scram(value("s=")?.into(), value("i=")?.parse().ok()?))
}

/// A connection whose first messages are judged before the driver gets them.
pub(super) struct Watched<S> {
    inner: S,
    watch: Watch,
}

impl<S> Watched<S> {
    pub(super) fn new(inner: S, watch: Watch) -> Self {
        Self { inner, watch }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        Poll::Ready(this.watch.see(&buf.filled()[before..]).map_err(io::Error::other))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Watched<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.inner.channel_binding()
    }
}

/// Speaks TLS, and watches what comes out of it.
pub(super) struct Watching<C> {
    pub(super) inner: C,
    pub(super) watch: Watch,
}

impl<C> TlsConnect<TcpStream> for Watching<C>
where
    C: TlsConnect<TcpStream> + Send + 'static,
    C::Future: Send,
{
    type Stream = Watched<C::Stream>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: TcpStream) -> Self::Future {
        Box::pin(async move { Ok(Watched::new(self.inner.connect(stream).await?, self.watch)) })
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Demand, Watch};

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], &length[..], body].concat()
    }

    fn request(code: u32, rest: &[u8]) -> Vec<u8> {
        message(b'R', &[&code.to_be_bytes()[..], rest].concat())
    }

    /// In pieces of each size, after other messages: how often the bytes come does not matter.
    #[test]
    fn a_request_for_clear_text_is_seen_however_it_comes() {
        let bytes = [message(b'N', b"a notice\0"), request(3, b"")].concat();
        for size in 1..=bytes.len() {
            let mut watch = Watch::new(true);
            let seen: Result<Vec<()>, _> = bytes.chunks(size).map(|it| watch.see(it)).collect();
            assert!(matches!(seen, Err(Demand::Clear)), "in pieces of {size}");
        }
    }

    #[test]
    fn only_a_server_that_tls_has_proven_gets_a_hash() {
        for (is_proven, is_taken) in [(true, true), (false, false)] {
            let mut watch = Watch::new(is_proven);
            assert_eq!(watch.see(&request(5, b"salt")).is_ok(), is_taken);
            assert_eq!(watch.asked().get().cloned(), is_taken.then_some(Asked::Md5));
        }
    }

    #[test]
    fn the_salt_of_scram_is_kept() {
        let mut watch = Watch::new(false);
        let first = request(11, b"r=nonce,s=c2FsdA==,i=4096");
        watch
            .see(&[request(10, b"SCRAM-SHA-256\0\0"), first, request(12, b"v=eA=="), request(0, b"")].concat())
            .unwrap();
        assert_eq!(watch.asked().get(), Some(&Asked::Scram("c2FsdA==".into(), 4096)));
        // What comes after the login is not looked at.
        watch.see(&request(3, b"")).unwrap();
    }

    #[test]
    fn what_no_login_holds_is_refused() {
        assert!(matches!(Watch::new(true).see(b"R\xff\xff\xff\xffabc"), Err(Demand::TooLong)));
    }
}
