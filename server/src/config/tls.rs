//! TLS at our own port. Without a certificate dockletd speaks plain HTTP, for a laptop or behind a proxy that speaks TLS.

use std::{path::PathBuf, time::Duration};

use super::setting::{Fault, section};

section! {
    pub struct TlsConfig in "tls" {
        /// The certificate, PEM, with the chain below it. With `tls.key` it makes dockletd speak HTTPS (HTTP/1.1 and HTTP/2)
        /// in place of HTTP. Read again by itself when it changes.
        pub certificate: Option<PathBuf> = "",
        /// The certificate's private key, PEM, not encrypted.
        pub key: Option<PathBuf> = "",
        /// How long browsers remember to come by HTTPS only (HSTS). Empty: they are not asked to.
        pub hsts: Option<Duration> = "180d",
    }
}

/// Where certificate and key lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl TlsConfig {
    /// `None`: plain HTTP.
    pub fn files(&self) -> Option<Files> {
        Some(Files { certificate: self.certificate.clone()?, key: self.key.clone()? })
    }

    /// One without the other is a mistake that must not silently mean plain HTTP.
    pub(super) fn half(&self) -> Option<Fault> {
        let (given, missing) = match (&self.certificate, &self.key) {
            (Some(_), None) => ("tls.certificate", "tls.key"),
            (None, Some(_)) => ("tls.key", "tls.certificate"),
            _ => return None,
        };
        let rule = format!("needs {missing}, too: TLS takes a certificate and its key");
        Some(Fault { setting: given.into(), place: "where it is set".into(), rule })
    }
}
