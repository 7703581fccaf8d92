//! The same server behind TLS, with a certificate of an authority that is made for the test: whom the client trusts.

use expect_test::expect;
use rotate_bearer_token::oauth2::mint;
use tokio::net::TcpListener;

use super::client::{client, master};
use super::{Manner, Server};
use crate::world::tls::{Encrypted, certified};

/// A server whose certificate is for a name, and the file of its authority.
pub async fn start_encrypted(name: &str) -> (Server, String) {
    let (pem, acceptor) = certified(name);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server::new(Manner::default(), format!("https://localhost:{port}"));
    let router = server.router();
    tokio::spawn(async move { axum::serve(Encrypted { listener, acceptor }, router).await });
    let bundle = std::env::temp_dir().join(format!("signalbox-oauth2-{}-{port}.pem", std::process::id()));
    std::fs::write(&bundle, pem).unwrap();
    (server, bundle.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn only_the_authorities_that_were_named_are_trusted() {
    let (server, bundle) = start_encrypted("localhost").await;
    let told = |error: reaction::Error| error.to_string().replace(&server.base, "https://server");
    mint(&client(&server, &[("SIGNALBOX_CA_BUNDLE", &bundle)]), &master()).await.unwrap();
    assert_eq!(server.alive().len(), 1);
    // The system's authorities do not know it.
    let unknown = mint(&client(&server, &[]), &master()).await.err().unwrap();
    expect!["asking https://server/oauth2/token for a token: no connection (invalid peer certificate: UnknownIssuer): check OAUTH2_TOKEN_URL, the network, and whom TLS trusts"].assert_eq(&told(unknown));
    let (_, another) = start_encrypted("localhost").await;
    let untrusted = mint(&client(&server, &[("SIGNALBOX_CA_BUNDLE", &another)]), &master()).await.err().unwrap();
    expect!["asking https://server/oauth2/token for a token: no connection (invalid peer certificate: BadSignature): check OAUTH2_TOKEN_URL, the network, and whom TLS trusts"].assert_eq(&told(untrusted));
    assert_eq!(server.asked().len(), 1, "nothing was sent");
    for file in [bundle, another] {
        std::fs::remove_file(file).unwrap();
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_taken() {
    let (server, bundle) = start_encrypted("other.example.com").await;
    let refused = mint(&client(&server, &[("SIGNALBOX_CA_BUNDLE", &bundle)]), &master()).await.err().unwrap();
    expect![[r#"asking https://server/oauth2/token for a token: no connection (invalid peer certificate: certificate not valid for name "localhost"; certificate is only valid for DnsName("other.example.com")): check OAUTH2_TOKEN_URL, the network, and whom TLS trusts"#]].assert_eq(&refused.to_string().replace(&server.base, "https://server"));
    assert_eq!(server.asked(), []);
    std::fs::remove_file(bundle).unwrap();
}
