//! A repository at its server, with what its server must prove and how long it may take.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use place::{Arn, Partition, Region};
use reaction::Error;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};

use crate::address::Address;
use crate::bounds::Patience;
use crate::dns::Public;

/// A repository at its server.
#[derive(Clone)]
pub struct Remote {
    /// Where it is.
    pub at: Address,
    pub(crate) patience: Patience,
    /// Certificates to trust in place of the system's.
    roots: Option<Arc<[Certificate]>>,
    /// Made for the first request, since reading the system's certificates takes milliseconds.
    client: Arc<OnceLock<Client>>,
}

impl Remote {
    /// The repository at this address.
    #[must_use]
    pub fn new(at: Address) -> Self {
        Self { at, patience: Patience::default(), roots: None, client: Arc::default() }
    }

    /// A repository of `CodeCommit`, by its ARN, with the Region in which it is.
    ///
    /// # Errors
    /// `Refused`, where it is not the ARN of one.
    pub fn codecommit(arn: &str) -> Result<(Self, Region), Error> {
        let parsed = Arn::parse(arn).filter(|it| it.service == "codecommit" && is_name(it.resource));
        let (parsed, region) =
            parsed.and_then(|it| Some((it, it.region.parse::<Region>().ok()?))).ok_or_else(|| {
                Error::refused(format!(
                    "reading `{}`: it is not the ARN of a repository of CodeCommit; \
                 write arn:aws:codecommit:REGION:ACCOUNT:NAME",
                    place::shortened(arn, 120)
                ))
            })?;
        let suffix = suffix(region.partition());
        let at = format!("https://git-codecommit.{region}.{suffix}/v1/repos/{}", parsed.resource);
        Ok((at.parse()?, region))
    }

    /// `OWNER/REPO` through a connection of `CodeConnections`, by the connection's ARN, with the Region in which that is.
    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/connections.html>
    ///
    /// # Errors
    /// `Refused`, where it is not the ARN of one, or the name is not one of a repository.
    pub fn connection(arn: &str, repository: &mirror::RepositoryName) -> Result<(Self, Region), Error> {
        let parsed = Arn::parse(arn).filter(|it| matches!(it.service, "codeconnections" | "codestar-connections"));
        let id = parsed.and_then(|it| it.typed()).filter(|(kind, id)| *kind == "connection" && is_name(id));
        let known = parsed.and_then(|it| Some((it.account_id().ok()?, it.region.parse::<Region>().ok()?, id?.1)));
        let (account, region, id) = known.ok_or_else(|| {
            Error::refused(format!(
                "reading `{}`: it is not the ARN of a connection; \
                 write arn:aws:codeconnections:REGION:ACCOUNT:connection/ID",
                place::shortened(arn, 120)
            ))
        })?;
        let suffix = suffix(region.partition());
        let at = format!(
            "https://codeconnections.{region}.{suffix}/git-http/{}/{region}/{id}/{repository}.git",
            account.as_str()
        );
        Ok((at.parse()?, region))
    }

    /// Trusts these certificates in PEM, and not those of the system.
    ///
    /// # Errors
    /// `Refused`, where there is none.
    pub fn trusting(self, pem: &[u8]) -> Result<Self, Error> {
        match Certificate::from_pem_bundle(pem) {
            Ok(roots) if !roots.is_empty() => Ok(Self { roots: Some(roots.into()), client: Arc::default(), ..self }),
            _ => Err(Error::refused(format!("reading the certificates to trust for {self}: none in PEM is there"))),
        }
    }

    /// Waits as long for the server.
    #[must_use]
    pub fn patient(self, patience: Patience) -> Self {
        Self { patience, client: Arc::default(), ..self }
    }

    /// The client for the web: TLS by rustls with ring, always verified; no redirect followed, nothing sent twice.
    pub(crate) fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = self.make()?;
        Ok(self.client.get_or_init(|| made))
    }

    fn make(&self) -> Result<Client, Error> {
        // One that was installed before is the same: no other is compiled in.
        _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .connect_timeout(self.patience.connect)
            // A sandbox sleeps between two events, and its connections do not live that long.
            .pool_idle_timeout(Duration::from_secs(5))
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .dns_resolver(Arc::new(Public::of(&self.at)))
            .user_agent(concat!("git/2.0 (signalbox ", env!("CARGO_PKG_VERSION"), ")"));
        let builder = match &self.roots {
            Some(roots) => builder.tls_certs_only(roots.iter().cloned()),
            None => builder,
        };
        builder.build().map_err(|error| {
            Error::refused(format!("making the client for {self}: {error}; check the certificates to trust"))
        })
    }
}

fn suffix(partition: Partition) -> &'static str {
    match partition {
        Partition::Aws | Partition::AwsUsGov => "amazonaws.com",
        Partition::AwsCn => "amazonaws.com.cn",
        Partition::AwsEusc => "amazonaws.eu",
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-'))
}

impl FromStr for Remote {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text.parse().map(Self::new)
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.fmt(f)
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remote({})", self.at)
    }
}
