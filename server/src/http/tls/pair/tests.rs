//! Pairs made for the purpose, good ones and every kind of bad one.

use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// A certificate for these names, good during 2030, with its key; both PEM.
fn pair(names: &[&str]) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = CertificateParams::new(names).expect("names");
    parameters.not_before = rcgen::date_time_ymd(2030, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2031, 1, 1);
    (parameters.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

fn write(dir: &TempDir, certificate: &str, key: &str) -> Files {
    let put = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("our directory");
        path
    };
    Files { certificate: put("cert.pem", certificate), key: put("key.pem", key) }
}

fn read(certificate: &str, key: &str) -> Result<Pair, PairError> {
    let dir = TempDir::new().expect("a directory");
    Pair::read(&write(&dir, certificate, key))
}

#[test]
fn a_pair_knows_how_long_it_is_good_and_for_whom() {
    let (certificate, key) = pair(&["lab.example", "*.apps.example"]);
    let pair = read(&certificate, &key).expect("a good pair");
    assert_eq!((pair.from, pair.until), (at("2030-01-01T00:00:00Z"), at("2031-01-01T00:00:00Z")));
    for (now, expected) in [
        ("2029-12-31T23:59:59Z", Validity::NotYet),
        ("2030-01-01T00:00:00Z", Validity::Good),
        ("2030-12-25T12:00:00Z", Validity::EndsSoon(6)),
        ("2031-01-01T00:00:00Z", Validity::Over),
    ] {
        assert_eq!(pair.validity(at(now)), expected, "{now}");
    }
    for (host, expected) in [
        ("lab.example", true),
        ("x.apps.example", true),
        ("apps.example", false),
        ("x.y.apps.example", false),
        ("", false),
    ] {
        assert_eq!(pair.covers(host), expected, "{host}");
    }
}

#[test]
fn a_key_of_another_certificate_is_refused_by_both_names() {
    let ((certificate, _), (_, key)) = (pair(&["a.example"]), pair(&["a.example"]));
    let error = read(&certificate, &key).expect_err("not its key");
    assert!(matches!(error, PairError::Mismatch { .. }), "{error}");
    assert!(error.to_string().contains("key.pem is not the key of "), "{error}");
}

#[test]
fn every_damage_is_named_with_its_file() {
    let (certificate, key) = pair(&["a.example"]);
    assert!(matches!(read("", &key), Err(PairError::NoCertificate { .. })));
    assert!(matches!(read(&certificate, ""), Err(PairError::NoKey { .. })));
    assert!(matches!(read(&certificate, &certificate), Err(PairError::NoKey { .. })));
    assert!(matches!(read(&certificate[..certificate.len() / 2], &key), Err(PairError::NotPem { .. })));
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(read(nonsense, &key), Err(PairError::Unusable { .. })));
    let files = Files { certificate: "/nonexistent/cert.pem".into(), key: Path::new("/nonexistent/key.pem").into() };
    let error = Pair::read(&files).expect_err("no file").to_string();
    assert!(error.starts_with("cannot read /nonexistent/cert.pem"), "{error}");
}
