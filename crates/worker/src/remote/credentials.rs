//! Only processes that have the cluster's secret may speak on the worker stream. The key of a certificate authority is
//! derived from it, so each process issues its own certificate when it starts and recognises all others; nothing is
//! handed out. What this gives up is in docs/adr/0013.

use std::{
    fs, io,
    io::Read as _,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{InstallationId, name::WorkerName};
use hkdf::Hkdf;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ED25519,
};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::{
    self, ClientConfig, RootCertStore, ServerConfig,
    client::Resumption,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
    server::WebPkiClientVerifier,
    version::TLS13,
};

/// Shorter than this could be guessed.
const SHORTEST: usize = 32;
const LONGEST: u64 = 4096;
const AUTHORITY: &[u8] = b"docklet worker stream: certificate authority, version 1";
const INSTALLATION: &[u8] = b"docklet: installation id, version 1";
/// What stands before an Ed25519 key of 32 bytes in PKCS #8 (RFC 8410).
const PKCS8_ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// A certificate and its key.
type Issued = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// Why the cluster's secret cannot be used. Says nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("the cluster secret cannot be read from {path}: {fault}; make it with `dockletd cluster-secret`")]
    Unreadable { path: PathBuf, fault: io::Error },
    #[error("every user of this host may read the cluster secret {0}; take that away with chmod o-rwx")]
    Open(PathBuf),
    #[error("the cluster secret must have {SHORTEST} to {LONGEST} characters; make one with `dockletd cluster-secret`")]
    Length,
    #[error("certificates cannot be issued from the cluster secret: {0}")]
    Issue(#[from] rcgen::Error),
    #[error("TLS cannot be set up for the worker stream: {0}")]
    Tls(#[from] rustls::Error),
    #[error("TLS cannot be set up for the worker stream: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// What follows from the cluster's secret.
#[derive(derive_more::Debug)]
pub struct Credentials {
    #[debug(skip)]
    issuer: CertifiedIssuer<'static, KeyPair>,
    #[debug(skip)]
    roots: Arc<RootCertStore>,
    installation: InstallationId,
}

impl Credentials {
    /// From the file that holds the secret; white space around it does not count.
    pub fn read(path: &Path) -> Result<Self, CredentialsError> {
        let unreadable = |fault| CredentialsError::Unreadable { path: path.into(), fault };
        let file = fs::File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.permissions().mode() & 0o007 != 0 {
            return Err(CredentialsError::Open(path.into()));
        }
        let mut secret = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut secret).map_err(unreadable)?;
        Self::derive(secret.trim_ascii())
    }

    pub fn derive(secret: &[u8]) -> Result<Self, CredentialsError> {
        if !(SHORTEST..=LONGEST as usize).contains(&secret.len()) {
            return Err(CredentialsError::Length);
        }
        let secret = Hkdf::<Sha256>::new(None, secret);
        let mut key = PKCS8_ED25519.to_vec();
        key.extend_from_slice(&expand::<32>(&secret, AUTHORITY));
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(key), &PKCS_ED25519)?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, "Docklet cluster");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(parameters, key)?;
        let mut roots = RootCertStore::empty();
        roots.add(issuer.der().clone())?;
        let installation = uuid::Builder::from_random_bytes(expand::<16>(&secret, INSTALLATION)).into_uuid();
        Ok(Self { issuer, roots: Arc::new(roots), installation: InstallationId::new(installation) })
    }

    /// The id of an installation that begins with this secret: the same for its portal and its workers.
    pub fn installation(&self) -> InstallationId {
        self.installation
    }

    /// For the side that asks.
    pub(super) fn client(&self) -> Result<ClientConfig, CredentialsError> {
        let (chain, key) = self.issue(ExtendedKeyUsagePurpose::ClientAuth, "portal.docklet.internal".into())?;
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let mut config = builder
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(self.roots.clone())
            .with_client_auth_cert(chain, key)?;
        // Each connection proves its identity anew.
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    /// For the worker of this name.
    pub(super) fn server(&self, worker: &WorkerName) -> Result<ServerConfig, CredentialsError> {
        let provider = Arc::new(ring::default_provider());
        let (chain, key) = self.issued_for_server(worker)?;
        let clients = WebPkiClientVerifier::builder_with_provider(self.roots.clone(), provider.clone()).build()?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(clients)
            .with_single_cert(chain, key)?;
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    pub(super) fn issued_for_server(&self, worker: &WorkerName) -> Result<Issued, CredentialsError> {
        self.issue(ExtendedKeyUsagePurpose::ServerAuth, dns_name(worker))
    }

    /// A certificate for one purpose, with a key that never leaves this process.
    fn issue(&self, purpose: ExtendedKeyUsagePurpose, name: String) -> Result<Issued, CredentialsError> {
        let key = KeyPair::generate_for(&PKCS_ED25519)?;
        let mut parameters = CertificateParams::new(vec![name])?;
        parameters.extended_key_usages = vec![purpose];
        let certificate = parameters.signed_by(&key, &self.issuer)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((vec![certificate.der().clone()], key.into()))
    }
}

/// The name a worker shows. A worker's own name may be too long for DNS, or no DNS name at all.
pub(super) fn server_name(worker: &WorkerName) -> Option<ServerName<'static>> {
    ServerName::try_from(dns_name(worker)).ok()
}

fn dns_name(worker: &WorkerName) -> String {
    let digest = hex::encode(Sha256::digest(worker.as_str()));
    format!("{}.worker.docklet.internal", &digest[..32])
}

fn expand<const LENGTH: usize>(secret: &Hkdf<Sha256>, purpose: &[u8]) -> [u8; LENGTH] {
    let mut key = [0; LENGTH];
    secret.expand(purpose, &mut key).expect("a few bytes are fewer than HKDF gives");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret of the tests, long enough";

    #[test]
    fn the_same_secret_gives_the_same_authority_and_installation_and_another_gives_others() {
        let (one, same) = (Credentials::derive(SECRET).expect("good"), Credentials::derive(SECRET).expect("good"));
        let other = Credentials::derive(b"another secret of the tests, long").expect("good");
        assert_eq!(one.issuer.der(), same.issuer.der());
        assert_eq!(one.installation(), same.installation());
        assert_ne!(one.issuer.der(), other.issuer.der());
        assert_ne!(one.installation(), other.installation());
    }

    #[test]
    fn a_secret_that_can_be_guessed_or_read_by_everybody_is_refused() {
        assert!(matches!(Credentials::derive(b"lab"), Err(CredentialsError::Length)));
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), SECRET).expect("written");
        let with = |mode| fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).expect("ours");
        with(0o644);
        assert!(matches!(Credentials::read(file.path()), Err(CredentialsError::Open(_))));
        with(0o640);
        let read = Credentials::read(file.path()).expect("good");
        assert_eq!(read.installation(), Credentials::derive(SECRET).expect("good").installation());
    }
}
