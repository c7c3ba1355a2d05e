//! A certificate authority of a test's own, and what a client needs to trust it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: TempDir,
}

/// A certificate and its key, PEM.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::new(vec![]).expect("no names");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "the authority of a test");
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key"));
        Self { issuer: issuer.expect("a certificate"), dir: TempDir::new().expect("a directory") }
    }

    /// A fresh pair for `localhost`, what is below it, and the book's server.
    pub(crate) fn issue(&self) -> Issued {
        self.issue_but(|_| {})
    }

    /// The same with something else in it.
    pub(crate) fn issue_but(&self, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let key = KeyPair::generate().expect("a key");
        let names = ["localhost", "*.localhost", "docklet.example.org"].map(str::to_owned);
        let mut parameters = CertificateParams::new(names).expect("names");
        change(&mut parameters);
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        Issued { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    pub(crate) fn certificate_file(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }

    /// Puts a pair where the daemon reads it, as tools do: each file at once, one after the other.
    pub(crate) fn put(&self, pair: &Issued) {
        replace(&self.certificate_file(), &pair.certificate);
        replace(&self.key_file(), &pair.key);
    }

    /// The authority's own certificate.
    pub(crate) fn root_file(&self) -> PathBuf {
        let path = self.dir.path().join("root.pem");
        std::fs::write(&path, self.issuer.pem()).expect("our directory");
        path
    }

    pub(crate) fn root(&self) -> reqwest::Certificate {
        reqwest::Certificate::from_pem(self.issuer.pem().as_bytes()).expect("a certificate")
    }

    /// A TLS connection that offers this protocol.
    pub(crate) async fn connect(&self, address: SocketAddr, protocol: &str) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("TLS 1.2 and 1.3");
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let tcp = TcpStream::connect(address).await.expect("it listens");
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, tcp).await.expect("a handshake")
    }

    /// The certificate that new connections are shown.
    pub(crate) async fn shown_by(&self, address: SocketAddr) -> Vec<u8> {
        let stream = self.connect(address, "http/1.1").await;
        stream.get_ref().1.peer_certificates().expect("a certificate")[0].to_vec()
    }
}

fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).expect("our directory");
    std::fs::rename(&beside, path).expect("our directory");
}
