//! TLS for the canned AWS: an authority of the benchmark's own, made anew for each run, and a certificate for loopback.
//! The measured process trusts it through `AWS_CA_BUNDLE`, as any AWS client would.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::TlsAcceptor;

/// What a server and its clients need.
pub struct Tls {
    /// Takes connections.
    pub acceptor: TlsAcceptor,
    /// The authority's certificate, as PEM.
    pub bundle: PathBuf,
    /// The servers' certificate, as PEM.
    pub certificate: String,
    /// Its key, as PEM.
    pub key: String,
}

impl Tls {
    /// Makes authority and certificate and leaves the authority's certificate in `folder`.
    pub fn create(folder: &Path) -> Result<Self> {
        let authority = CertifiedIssuer::self_signed(authority(), KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        leaf.use_authority_key_identifier_extension = true;
        let certificate = leaf.signed_by(&key, &authority)?;
        let bundle = folder.join("authority.pem");
        std::fs::write(&bundle, authority.pem()).with_context(|| format!("writing {}", bundle.display()))?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
        let (certificate, key) = (certificate.pem(), key.serialize_pem());
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), bundle, certificate, key })
    }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Signalbox benchmark");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}
