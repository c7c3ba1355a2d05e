//! A certificate and its key, read and checked: they belong together, and one knows until when they are good. Shown to
//! clients by `tls`, judged by `dockletd doctor`.

use std::{io, path::PathBuf, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_rustls::rustls::{
    self,
    client::verify_server_name,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem, pem::PemObject as _},
    server::ParsedCertificate,
    sign::CertifiedKey,
};
use x509_cert::{Certificate, der::Decode as _};

use crate::config::tls::Files;

/// A certificate that ends sooner than this is spoken of.
pub const SOON: TimeDelta = TimeDelta::days(14);

#[derive(Debug, thiserror::Error)]
pub enum PairError {
    #[error("cannot read {}: {fault}; dockletd must be allowed to read it", path.display())]
    Unreadable { path: PathBuf, fault: io::Error },
    #[error("{} is not PEM: {fault}", path.display())]
    NotPem { path: PathBuf, fault: pem::Error },
    #[error("{} holds no certificate; it must contain a block BEGIN CERTIFICATE", path.display())]
    NoCertificate { path: PathBuf },
    #[error("{} holds no private key that is not encrypted; it must contain a block BEGIN PRIVATE KEY", path.display())]
    NoKey { path: PathBuf },
    #[error("{} is not the key of {}; take both from the same order", key.display(), certificate.display())]
    Mismatch { certificate: PathBuf, key: PathBuf },
    #[error("{} cannot be used: {fault}", path.display())]
    Unusable { path: PathBuf, fault: String },
}

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Pair {
    key: Arc<CertifiedKey>,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// How good a certificate is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    Good,
    /// Good, but for no more than these days.
    EndsSoon(i64),
    NotYet,
    Over,
}

impl Pair {
    /// Reads both files.
    pub fn read(files: &Files) -> Result<Self, PairError> {
        let (certificate, key) = (files.certificate.clone(), files.key.clone());
        let read =
            |path: &PathBuf| std::fs::read(path).map_err(|fault| PairError::Unreadable { path: path.clone(), fault });
        let chain =
            chain_of(&read(&certificate)?).map_err(|fault| PairError::NotPem { path: certificate.clone(), fault })?;
        let Some(first) = chain.first() else { return Err(PairError::NoCertificate { path: certificate }) };
        let (from, until) = validity_of(first)
            .ok_or_else(|| PairError::Unusable { path: certificate.clone(), fault: "it is damaged".into() })?;
        let private = match PrivateKeyDer::from_pem_slice(&read(&key)?) {
            Ok(private) => private,
            Err(pem::Error::NoItemsFound) => return Err(PairError::NoKey { path: key }),
            Err(fault) => return Err(PairError::NotPem { path: key, fault }),
        };
        let key = CertifiedKey::from_der(chain, private, &super::provider()).map_err(|fault| match fault {
            rustls::Error::InconsistentKeys(_) => PairError::Mismatch { certificate, key },
            fault => PairError::Unusable { path: key, fault: fault.to_string() },
        })?;
        Ok(Self { key: Arc::new(key), from, until })
    }

    pub(super) fn shown(&self) -> Arc<CertifiedKey> {
        self.key.clone()
    }

    pub fn validity(&self, now: DateTime<Utc>) -> Validity {
        let left = self.until - now;
        if now < self.from {
            Validity::NotYet
        } else if left <= TimeDelta::zero() {
            Validity::Over
        } else if left < SOON {
            Validity::EndsSoon(left.num_days())
        } else {
            Validity::Good
        }
    }

    /// Whether a browser that asked for this host takes the certificate.
    pub fn covers(&self, host: &str) -> bool {
        let certificate = self.key.cert.first().and_then(|first| ParsedCertificate::try_from(first).ok());
        let name = ServerName::try_from(host.trim_matches(['[', ']'])).ok();
        certificate.zip(name).is_some_and(|(certificate, name)| verify_server_name(&certificate, &name).is_ok())
    }
}

fn chain_of(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_slice_iter(pem).collect()
}

fn validity_of(certificate: &CertificateDer<'_>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let validity = certificate.tbs_certificate.validity;
    let time = |time: x509_cert::time::Time| {
        DateTime::from_timestamp(i64::try_from(time.to_unix_duration().as_secs()).ok()?, 0)
    };
    Some((time(validity.not_before)?, time(validity.not_after)?))
}

#[cfg(test)]
mod tests;
