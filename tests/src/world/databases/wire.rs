//! A wire between a function and a server, which breaks where a test says. It carries TLS as it is, so that of messages it sees only
//! that there is one more.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::{HOST, Server};

/// Where it breaks, counted over all connections from the time when it was told; it breaks once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// When so many bytes were carried, both ways together.
    Bytes(usize),
    /// At this message of the client, which the server never gets.
    Ask(usize),
    /// After this message of the client; the answer is lost.
    Answer(usize),
    /// From this message of the client on nothing is carried, and nothing closed.
    Silence(usize),
}

/// A server takes no longer to answer here.
const ANSWER: Duration = Duration::from_millis(200);

/// What was carried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Carried {
    /// The messages of clients.
    pub messages: usize,
    /// The bytes, both ways together.
    pub bytes: usize,
}

#[derive(Default)]
struct State {
    carried: Carried,
    cut: Option<Cut>,
    hold: Option<Hold>,
}

/// A message of a client that waits until the test lets it go on.
struct Hold {
    nth: usize,
    reached: oneshot::Sender<()>,
    release: oneshot::Receiver<()>,
}

/// A wire to a server; it ends with the test.
pub struct Wire {
    /// Where it begins.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

/// What becomes of some bytes.
enum Fate {
    Carried,
    /// So many of them are, and then it breaks.
    Cut(usize),
    Unanswered,
    Silent,
}

impl Wire {
    /// Lays one.
    pub async fn lay(server: &'static Server) -> Self {
        let listener = TcpListener::bind((HOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { carry(client, server.port, &state).await });
            }
        });
        Self { port, state }
    }

    /// Lets it break.
    pub fn cut(&self, cut: Cut) {
        *self.state.lock().unwrap() = State { cut: Some(cut), ..State::default() };
    }

    /// Has this message of the clients wait: what tells that it came, and what lets it go on.
    pub fn hold(&self, nth: usize) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((reached, came), (go_on, release)) = (oneshot::channel(), oneshot::channel());
        let hold = Some(Hold { nth, reached, release });
        *self.state.lock().unwrap() = State { hold, ..State::default() };
        (came, go_on)
    }

    /// Mends it: what was carried since it was cut or mended, and whether it never broke.
    pub fn mend(&self) -> (Carried, bool) {
        let before = std::mem::take(&mut *self.state.lock().unwrap());
        (before.carried, before.cut.is_some())
    }
}

impl State {
    fn fate(&mut self, length: usize, is_from_client: bool) -> Fate {
        let before = self.carried;
        self.carried.bytes += length;
        self.carried.messages += usize::from(is_from_client);
        let is_now = |nth: usize| is_from_client && self.carried.messages >= nth;
        let fate = match self.cut {
            Some(Cut::Bytes(most)) if self.carried.bytes >= most => Fate::Cut(most.saturating_sub(before.bytes)),
            Some(Cut::Ask(nth)) if is_now(nth) => Fate::Cut(0),
            Some(Cut::Answer(nth)) if is_now(nth) => Fate::Unanswered,
            Some(Cut::Silence(nth)) if is_now(nth) => Fate::Silent,
            _ => return Fate::Carried,
        };
        self.cut = None;
        fate
    }

    fn take_hold(&mut self) -> Option<Hold> {
        self.hold.take_if(|it| self.carried.messages >= it.nth)
    }
}

/// Carries one connection. When this returns, both ends are closed.
async fn carry(mut client: TcpStream, port: u16, state: &Mutex<State>) -> Option<()> {
    let mut server = TcpStream::connect((HOST, port)).await.ok()?;
    let (mut asked, mut told) = ([0; 16 * 1024], [0; 16 * 1024]);
    loop {
        let (is_from_client, length) = tokio::select! {
            length = client.read(&mut asked) => (true, length.ok()?),
            length = server.read(&mut told) => (false, length.ok()?),
        };
        if length == 0 {
            return None;
        }
        let (to, bytes) = if is_from_client { (&mut server, &asked) } else { (&mut client, &told) };
        let (fate, hold) = {
            let mut state = state.lock().unwrap();
            (state.fate(length, is_from_client), state.take_hold())
        };
        if let Some(Hold { reached, release, .. }) = hold
            && reached.send(()).is_ok()
        {
            drop(release.await);
        }
        match fate {
            Fate::Carried => to.write_all(&bytes[..length]).await.ok()?,
            Fate::Cut(carried) => return to.write_all(&bytes[..carried]).await.ok().and(None),
            Fate::Unanswered => {
                to.write_all(&bytes[..length]).await.ok()?;
                drop(tokio::time::timeout(ANSWER, server.read(&mut told)).await);
                return None;
            }
            Fate::Silent => while client.read(&mut asked).await.ok()? != 0 {},
        }
    }
}
