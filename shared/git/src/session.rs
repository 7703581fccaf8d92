//! A conversation of git's protocol: which references there are, and the pack of one commit.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::num::NonZeroU32;
use std::path::PathBuf;

use gix_hash::ObjectId;
use gix_protocol::fetch::negotiate::{Action, Round, one_round};
use gix_protocol::fetch::{Arguments, Context, Negotiate, Options, Response, Shallow, Tags};
use gix_protocol::handshake::Ref;
use gix_protocol::ls_refs::RefPrefixes;
use gix_protocol::{Handshake, LsRefsCommand};
use gix_transport::client::blocking_io::Transport;
use gix_transport::client::blocking_io::http::Transport as WebTransport;
use gix_transport::client::git::ConnectMode;
use gix_transport::client::git::blocking_io::Connection;
use gix_transport::{Protocol, Service};
use gix_utils::progress::Discard;
use mirror::{CommitId, RefName};
use reaction::Error;

use crate::access::Access;
use crate::address::Address;
use crate::remote::Remote;
use crate::ssh::{self, Program};
use crate::watch::Watch;
use crate::web::Web;

/// What is made before the conversation: by SSH a program at the server. The web is asked request by request.
pub(crate) struct Opened(Option<Program>);

/// A conversation.
pub(crate) struct Session {
    transport: Box<dyn Transport + Send>,
    handshake: Handshake,
    watch: Watch,
}

/// Opens the connection, where there is one.
pub(crate) async fn open(remote: &Remote, access: &Access, watch: &Watch) -> Result<Opened, Error> {
    match (&remote.at, access) {
        (Address::Ssh(at), Access::Ssh { key, host_keys }) => {
            let program = ssh::run("git-upload-pack", at, (key, host_keys), &remote.patience, watch).await?;
            Ok(Opened(Some(program)))
        }
        (Address::Ssh(_), _) => Err(Error::refused(format!("reading {remote}: SSH needs a deploy key and host keys"))),
        (Address::Web(_), Access::Ssh { .. }) => Err(Error::refused(format!(
            "reading {remote}: a deploy key is for SSH; write an address of SSH, or a token"
        ))),
        (Address::Web(at), Access::Token { .. }) if at.url().scheme() == "http" && !at.is_loopback() => {
            Err(Error::refused(format!("reading {remote}: a token goes by https only")))
        }
        (Address::Web(_), _) => Ok(Opened(None)),
    }
}

impl Session {
    /// Greets the server. Blocks.
    pub(crate) fn start(remote: &Remote, access: &Access, opened: Opened, watch: &Watch) -> Result<Self, Error> {
        let mut transport: Box<dyn Transport + Send> = match (&remote.at, opened.0) {
            (Address::Web(at), None) => {
                let web = Web::new(remote.client()?, at, access, watch);
                let url = gix_url::parse(at.url().as_str()).map_err(|error| watch.explain("reading", &error))?;
                Box::new(WebTransport::new_http(web, url, Protocol::V2, false))
            }
            (Address::Ssh(at), Some(Program { reader, writer })) => {
                let (host, mode) = (None::<(&str, _)>, ConnectMode::Process);
                Box::new(Connection::new(reader, writer, Protocol::V2, at.path.as_str(), host, mode, false))
            }
            _ => return Err(Error::refused(format!("reading {remote}: its address and its access do not fit"))),
        };
        let handshake =
            gix_protocol::handshake(&mut transport, Service::UploadPack, |_| Ok(None), Vec::new(), &mut Discard)
                .map_err(|error| watch.explain("reading", &error))?;
        let format = handshake.capabilities.capability("object-format");
        let format = format.and_then(|it| it.value().map(ToString::to_string)).unwrap_or_else(|| "sha1".into());
        if format != "sha1" {
            return Err(Error::refused(format!(
                "reading {remote}: it is a repository of {}, and Signalbox reads those of SHA-1 only; \
                 convert it, or mirror another",
                place::shortened(&format, 20)
            )));
        }
        Ok(Self { transport, handshake, watch: watch.clone() })
    }

    /// What watches over it.
    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The references below a prefix, and what each points to.
    pub(crate) fn references(&mut self, prefix: &str) -> Result<BTreeMap<RefName, CommitId>, Error> {
        let found = match self.handshake.refs.take() {
            Some(found) => found,
            None => {
                let mut prefixes = RefPrefixes::new();
                prefixes.extend([prefix.into()]);
                LsRefsCommand::new(Some(prefixes), &self.handshake.capabilities, agent())
                    .invoke_blocking(&mut self.transport, &mut Discard, false)
                    .map_err(|error| self.watch.explain("reading the references of", &error))?
            }
        };
        Ok(found.into_iter().filter_map(|it| named(it, prefix)).collect())
    }

    /// Asks for one commit without its history, and lets `take` read the pack. What is had already need not be sent.
    pub(crate) fn pack<T>(
        &mut self,
        asked: Asked,
        shallow_file: PathBuf,
        take: impl FnOnce(&mut dyn BufRead) -> Result<T, gix_error::Error>,
    ) -> Result<Option<T>, gix_error::Error> {
        let mut taken = None;
        let is_over = self.watch.is_over();
        gix_protocol::fetch(
            &mut { asked },
            |pack, _, _| {
                taken = Some(take(pack)?);
                Ok(true)
            },
            Discard,
            is_over,
            Context {
                handshake: &mut self.handshake,
                transport: &mut self.transport,
                user_agent: agent(),
                trace_packetlines: false,
            },
            Options {
                shallow_file,
                shallow: &Shallow::DepthAtRemote(NonZeroU32::MIN),
                tags: Tags::None,
                reject_shallow_remote: false,
            },
        )?;
        Ok(taken)
    }
}

/// What is asked for: a commit, with what is had already, and how large its files may be.
pub(crate) struct Asked {
    pub(crate) commit: ObjectId,
    pub(crate) had: Option<ObjectId>,
    pub(crate) largest: u64,
}

impl Negotiate for Asked {
    fn mark_complete_and_common_ref(&mut self) -> gix_error::Result<Action> {
        Ok(Action::MustNegotiate { remote_ref_target_known: vec![false] })
    }

    fn add_wants(&mut self, arguments: &mut Arguments, _known: &[bool]) -> bool {
        arguments.want(self.commit);
        if arguments.can_use_filter() {
            // Git leaves out what has at least as many bytes.
            arguments.filter(&format!("blob:limit={}", self.largest.saturating_add(1)));
        }
        true
    }

    fn one_round(
        &mut self,
        _state: &mut one_round::State,
        arguments: &mut Arguments,
        _previous: Option<&Response>,
    ) -> gix_error::Result<(Round, bool)> {
        if let Some(had) = self.had {
            arguments.have(had);
        }
        let sent = usize::from(self.had.is_some());
        let round = Round {
            haves_sent: sent,
            in_vain: 0,
            haves_to_send: sent,
            previous_response_had_at_least_one_in_common: false,
        };
        Ok((round, true))
    }
}

fn agent() -> (&'static str, Option<String>) {
    ("agent", Some(concat!("git/signalbox-", env!("CARGO_PKG_VERSION")).into()))
}

/// The name of a reference below the prefix, and the commit that it points to. A name that is not text is not one of ours.
fn named(found: Ref, prefix: &str) -> Option<(RefName, CommitId)> {
    let (name, object) = match found {
        Ref::Direct { full_ref_name, object }
        | Ref::Peeled { full_ref_name, object, .. }
        | Ref::Symbolic { full_ref_name, object, .. } => (full_ref_name, object),
        Ref::Unborn { .. } => return None,
    };
    let name = std::str::from_utf8(&name).ok()?;
    let name = name.starts_with(prefix).then(|| name.parse().ok())??;
    Some((name, object.to_string().parse().ok()?))
}
