//! What we may ship beside our own code: licences we can keep, one registry, no library that must be on the machine.

use spdx::{Expression, ParseMode};

use crate::finding::Finding;
use crate::workspace::Foreign;

/// Permissive licences, and MPL-2.0, which asks only for changes of its own files.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that link a library of the system, where a bare machine has none; TLS is rustls.
const BANNED: &[&str] = &["native-tls", "openssl", "openssl-sys", "libssh2-sys"];

/// Packages with another licence, another source, or a banned name.
pub fn check(foreign: &[Foreign]) -> Vec<Finding> {
    foreign.iter().flat_map(check_one).collect()
}

fn check_one(package: &Foreign) -> Vec<Finding> {
    let mut findings = Vec::new();
    let expression = package.licence.as_deref().unwrap_or("none");
    if !accepted(expression) {
        let what = format!("its licence is '{expression}', which is not among the accepted ones.");
        findings.push(Finding::new(
            &package.name,
            what,
            "Use another package, or add the licence to crates/tidy/src/licences.rs.",
        ));
    }
    if !package.source.starts_with("registry+") && !package.source.starts_with("sparse+") {
        let what = format!("it comes from {}, not from the registry.", package.source);
        findings.push(Finding::new(
            &package.name,
            what,
            "A clean machine can only reach the registry: use a published version.",
        ));
    }
    if BANNED.contains(&package.name.split(' ').next().unwrap_or_default()) {
        let remedy = "Choose the rustls feature of whoever brings it.";
        findings.push(Finding::new(&package.name, "it needs a library of the system.", remedy));
    }
    findings
}

/// Whether an SPDX expression can be met with accepted licences alone. Old packages write `/` for OR.
pub fn accepted(expression: &str) -> bool {
    let is_accepted = |licence: &spdx::LicenseReq| ACCEPTED.contains(&licence.to_string().as_str());
    Expression::parse_mode(expression, ParseMode::LAX).is_ok_and(|expression| expression.evaluate(is_accepted))
}
