//! The daemon of X-Ray, as Lambda runs it beside a function: it takes what the function sends, and here the test reads it.

use std::collections::BTreeMap;
use std::net::UdpSocket;

use trace::{Document, Tree, documents};

/// The header of an invocation whose trace is kept.
pub const SAMPLED: &str =
    "Root=1-58406520-a006649127e371903a2de979;Parent=4c721bf33e3caf8f;Sampled=1;Lineage=1:1fc5bbcd:0";

/// The trace that [`SAMPLED`] names.
pub const TRACE: &str = "1-58406520-a006649127e371903a2de979";

/// A daemon that listens.
pub struct XrayDaemon(UdpSocket);

impl XrayDaemon {
    /// Listens on a free port.
    pub fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self(socket)
    }

    /// The environment of a function beside it.
    pub fn beside(&self, mut environment: BTreeMap<String, String>) -> BTreeMap<String, String> {
        environment.insert("AWS_XRAY_DAEMON_ADDRESS".into(), self.0.local_addr().unwrap().to_string());
        environment
    }

    /// The datagrams that were sent since the last time. A function sends before it answers, and what is sent on loopback is there.
    pub fn taken(&self) -> Vec<String> {
        let mut datagram = vec![0; 70_000];
        let mut taken = Vec::new();
        while let Ok(length) = self.0.recv(&mut datagram) {
            taken.push(String::from_utf8(datagram[..length].to_vec()).unwrap());
        }
        taken
    }

    /// The documents in those.
    pub fn documents(&self) -> Vec<Document> {
        let taken = self.taken();
        for datagram in &taken {
            assert!(datagram.starts_with("{\"format\": \"json\", \"version\": 1}\n"), "{datagram:.200}");
            assert_eq!(datagram.lines().count(), 2, "{datagram:.200}");
        }
        documents(&taken.join("\n")).unwrap()
    }

    /// Those as they are drawn.
    pub fn drawn(&self) -> String {
        drawn(self.documents())
    }
}

/// Documents as they are drawn, without what differs from run to run.
pub fn drawn(documents: Vec<Document>) -> String {
    let text = Tree::of(documents).to_string();
    let line = |line: &str| {
        let parts = line.split("  ").filter(|part| !part.starts_with("request ") && !part.ends_with(" ms"));
        parts.collect::<Vec<_>>().join("  ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}
