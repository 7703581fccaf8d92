//! The one HTTP client that all SDK clients share: TLS by rustls with ring, verified; plain HTTP on loopback only
//! (and to the hosts of credentials);
//! and connections that can be opened before they are needed.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

/// The roots that AWS's endpoints chain to; reading the system's 140 costs milliseconds of every cold start.
/// <https://www.amazontrust.com/repository/>
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// Where EC2 and EKS serve credentials over IPv6; over IPv4 they are link-local.
const CREDENTIAL_HOSTS: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)];

/// The certificates to trust in this region where none were chosen: Amazon's own, or `None` (the system's) in
/// partitions whose endpoints other authorities certify.
#[must_use]
pub fn roots_of(region: &str) -> Option<Vec<u8>> {
    let is_commercial = !["cn-", "us-gov-", "eusc-"].iter().any(|prefix| region.starts_with(prefix));
    is_commercial.then(|| AMAZON_ROOTS.to_vec())
}

/// One client for every service, so that they share connections, roots and TLS sessions.
pub(crate) fn client(connector: SharedHttpConnector) -> SharedHttpClient {
    http_client_fn(move |_, _| connector.clone())
}

/// What sends all requests.
pub(crate) fn connector(roots: Option<&[u8]>, connect_timeout: Duration) -> SharedHttpConnector {
    let trust = match roots {
        Some(pem) => TrustStore::empty().with_pem_certificate(pem),
        None => TrustStore::default(),
    };
    let tls = TlsContext::builder().with_trust_store(trust).build().unwrap_or_default();
    let connector = Connector::builder()
        .connector_settings(HttpConnectorSettings::builder().connect_timeout(connect_timeout).build())
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build();
    SharedHttpConnector::new(Guarded { connector: SharedHttpConnector::new(connector) })
}

/// Marks a request whose connection is to be opened, and which is not to be sent.
#[derive(Clone, Copy, Debug)]
struct OpenOnly;

/// Opens the connection that an operation would use, and sends nothing of it: to be given to `mutate_request` of an
/// operation whose result is then thrown away. What goes over the wire is an unsigned `GET /`.
pub fn open_only(request: &mut HttpRequest) {
    request.add_extension(OpenOnly);
}

/// Refuses what would go out in the clear, and opens connections ahead.
#[derive(Debug)]
struct Guarded {
    connector: SharedHttpConnector,
}

impl HttpConnector for Guarded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !is_safe(request.uri()) {
            let message = format!(
                "plain HTTP is for loopback and for the hosts of credentials; use https in the endpoint {}",
                request.uri()
            );
            return HttpConnectorFuture::ready(Err(ConnectorError::user(message.into())));
        }
        if request.extension::<OpenOnly>().is_none() {
            return self.connector.call(request);
        }
        let connector = self.connector.clone();
        HttpConnectorFuture::new(async move {
            let root = HttpRequest::get(root_of(request.uri())).map_err(|error| ConnectorError::user(error.into()))?;
            let answer = connector.call(root).await?;
            // An unread body would keep the connection out of the pool.
            aws_smithy_types::byte_stream::ByteStream::new(answer.into_body())
                .collect()
                .await
                .map_err(|error| ConnectorError::other(error.into(), None))?;
            let opened = StatusCode::try_from(200).map_err(|error| ConnectorError::user(error.into()))?;
            Ok(HttpResponse::new(opened, SdkBody::empty()))
        })
    }
}

/// Scheme and authority of a URI, with the root path.
fn root_of(uri: &str) -> String {
    let authority = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[authority..].find(['/', '?']).map_or(uri.len(), |at| authority + at);
    format!("{}/", &uri[..end])
}

/// Whether a request to this URI is encrypted, or stays on this machine or its link (where the credentials of EC2 and
/// ECS are served).
fn is_safe(uri: &str) -> bool {
    let Some(rest) = uri.strip_prefix("http://") else { return true };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || CREDENTIAL_HOSTS.contains(&ip),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_safe, root_of};

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for uri in
            ["https://ec2.eu-west-1.amazonaws.com/", "http://127.0.0.1:4566/x", "http://localhost", "http://[::1]:1/"]
        {
            assert!(is_safe(uri), "{uri}");
        }
        for uri in [
            "http://10.0.0.1/",
            "http://ec2.amazonaws.com",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://[fd12::1]/",
        ] {
            assert!(!is_safe(uri), "{uri}");
        }
    }

    #[test]
    fn the_root_keeps_scheme_and_authority() {
        assert_eq!(root_of("https://b.s3.eu-west-1.amazonaws.com/key?x=1"), "https://b.s3.eu-west-1.amazonaws.com/");
        assert_eq!(root_of("http://127.0.0.1:4566"), "http://127.0.0.1:4566/");
    }
}
