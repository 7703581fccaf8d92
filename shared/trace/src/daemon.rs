//! The daemon that takes segment documents by UDP. Lambda runs one beside each function whose tracing is active.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};

/// The line in front of each document.
const FIRST_LINE: &str = "{\"format\": \"json\", \"version\": 1}\n";

/// A daemon that listens.
#[derive(Debug)]
pub struct Daemon(UdpSocket);

impl Daemon {
    /// Opens a socket for the daemon at this address: `HOST:PORT`, or `udp:HOST:PORT tcp:HOST:PORT`.
    /// <https://docs.aws.amazon.com/xray/latest/devguide/xray-daemon-configuration.html>
    ///
    /// # Errors
    /// What is wrong with the address, or why no socket could be opened.
    pub fn open(address: &str) -> Result<Self, String> {
        let named = address.split_whitespace().find_map(|it| it.strip_prefix("udp:"));
        let place = named.unwrap_or(address).trim();
        let found = place.to_socket_addrs().map_err(|error| format!("`{address}`: {error}"))?.next();
        let place = found.ok_or_else(|| format!("`{address}` has no address"))?;
        let here = match place {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let open = || {
            let socket = UdpSocket::bind(here)?;
            socket.connect(place)?;
            socket.set_nonblocking(true)?;
            Ok(Self(socket))
        };
        open().map_err(|error: std::io::Error| format!("`{address}`: {error}"))
    }

    /// Sends documents, each in a datagram of its own; how many the system did not take. A function does not wait for its trace and
    /// does not fail for it.
    #[must_use]
    pub fn send(&self, documents: &[String]) -> usize {
        let sent = |document: &&String| self.0.send(format!("{FIRST_LINE}{document}").as_bytes()).is_ok();
        documents.len() - documents.iter().filter(sent).count()
    }
}
