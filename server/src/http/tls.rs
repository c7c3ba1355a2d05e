//! TLS at the listening port: which certificate is shown, how long a handshake may take, what the client then speaks.
//!
//! Files that change are read again while connections go on; what cannot be used is logged, and the pair that works is kept.
//! Knows no route.

pub mod pair;
mod reload;

use std::{io, sync::Arc};

use parking_lot::RwLock;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::{CryptoProvider, ring},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
    server::TlsStream,
};

use super::stream::Stream;
use crate::config::tls::Files;
use pair::{Pair, PairError};
use reload::Fingerprint;

/// What a browser may choose from, the better one first.
const PROTOCOLS: [&[u8]; 2] = [HTTP2, b"http/1.1"];
const HTTP2: &[u8] = b"h2";
/// The first byte of every TLS connection: a record that carries a handshake.
const HANDSHAKE: u8 = 0x16;

/// Cheap to clone; all clones show the same certificate.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ServerConfig>,
    current: Arc<Current>,
    files: Files,
    /// The files' fingerprint before they were read.
    seen: Fingerprint,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// The pair that new connections are shown.
#[derive(Debug)]
struct Current(RwLock<Pair>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().shown())
    }
}

/// What came over a new connection.
#[derive(Debug)]
pub(super) enum Arrived {
    Http1(Box<TlsStream<Stream>>),
    Http2(Box<TlsStream<Stream>>),
    /// No TLS at all.
    Plain(Stream),
}

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(transparent)]
    Pair(#[from] PairError),
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

impl Tls {
    /// Reads the pair and is ready to show it.
    pub fn open(files: Files) -> Result<Self, TlsError> {
        let seen = reload::fingerprint(&files);
        let pair = Pair::read(&files)?;
        let current = Arc::new(Current(RwLock::new(pair)));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = PROTOCOLS.map(Vec::from).into();
        Ok(Self { config: Arc::new(config), current, files, seen })
    }

    /// The handshake. The caller bounds its time.
    pub(super) async fn accept(&self, stream: Stream) -> io::Result<Arrived> {
        if stream.peek().await? != Some(HANDSHAKE) {
            return Ok(Arrived::Plain(stream));
        }
        let stream = Box::new(TlsAcceptor::from(self.config.clone()).accept(stream).await?);
        let speaks_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
        Ok(if speaks_http2 { Arrived::Http2(stream) } else { Arrived::Http1(stream) })
    }
}

/// Named here rather than installed for the process: libraries we use have an opinion on that, too.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
