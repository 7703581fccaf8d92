//! Whose certificates a database may show.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::error::{Error, Why};

/// The authorities that certify databases.
#[derive(Clone)]
pub enum Trust {
    /// Those that the system trusts. Amazon's for RDS are not among them.
    System,
    /// Those in a file of PEM, such as RDS's bundle.
    Bundle(Vec<u8>),
}

impl Trust {
    /// The certificates of these authorities; those that TLS can do nothing with are left out.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let all = match self {
            Self::System => rustls_native_certs::load_native_certs().certs,
            Self::Bundle(pem) => CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect(),
        };
        let usable: Vec<_> = all.into_iter().filter(|it| RootCertStore::empty().add(it.clone()).is_ok()).collect();
        if usable.is_empty() {
            let said = match self {
                Self::System => "the system trusts nobody",
                Self::Bundle(_) => "there is no certificate of an authority in the bundle",
            };
            return Err(Error::new(Why::Untrusted, said));
        }
        Ok(usable)
    }

    /// How TLS is spoken to one that these authorities certify.
    pub(super) fn tls(&self) -> Result<ClientConfig, Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.certificates()?);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let versions = versions.map_err(|error| Error::new(Why::Untrusted, error))?;
        Ok(versions.with_root_certificates(roots).with_no_client_auth())
    }
}
