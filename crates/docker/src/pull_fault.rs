//! Why a pull failed, out of a closed set. The engine quotes what the other side said, and an image's name can lead it to any
//! service: its words go to the log, and nothing of them any further.

use bollard::errors::Error;
use control::ports::engine::{EngineError, PullFault};

use crate::fault::{fault, is_disk_full, tidy};

/// Signs of each fault in the engine's sentence, lower case; the first that is there counts. Engines from 20.10 to 28.
const SIGNS: [(PullFault, &[&str]); 7] = [
    (PullFault::TooManyPulls, &["toomanyrequests", "too many requests", "rate limit"]),
    (
        PullFault::OtherPlatform,
        &[
            "no matching manifest",
            "no match for platform",
            "cannot be used on this platform",
            "does not match the specified platform",
        ],
    ),
    // "pull access denied for x, repository does not exist or may require 'docker login'": before what only says "denied".
    (
        PullFault::NotFound,
        &[
            "manifest unknown",
            "name unknown",
            "repository does not exist",
            "not found",
            "no such image",
            "name invalid",
        ],
    ),
    (PullFault::NeedsSignIn, &["unauthorized", "authentication required", "no basic auth credentials", "401"]),
    (PullFault::Denied, &["denied", "forbidden", "403"]),
    (PullFault::TimedOut, &["timeout", "timed out", "deadline exceeded", "request canceled"]),
    (
        PullFault::Unreachable,
        &[
            "connection refused",
            "no such host",
            "no route to host",
            "network is unreachable",
            "dial tcp",
            "connection reset",
            "tls",
            "x509",
            "certificate",
            "malformed",
            "http response",
            "http/",
            "invalid character",
            "eof",
            "lookup",
            "failed to do request",
            "error parsing http",
            "received unexpected http",
        ],
    ),
];

pub(crate) fn pull_failed(image: &str, error: Error) -> EngineError {
    let fault = match fault_in(error) {
        Ok(words) if is_disk_full(&words) => return EngineError::DiskFull,
        Ok(words) => {
            let fault = of_words(&words);
            tracing::warn!(image, ?fault, words = tidy(&words), "an image cannot be pulled");
            fault
        }
        Err(unreachable) => return unreachable,
    };
    EngineError::PullFailed { image: image.to_owned(), fault }
}

/// The engine's words, unless it was the engine itself that could not be asked.
fn fault_in(error: Error) -> Result<String, EngineError> {
    match error {
        Error::DockerResponseServerError { message, .. } | Error::DockerStreamError { error: message } => Ok(message),
        other => match fault(other) {
            unreachable @ EngineError::Unreachable(_) => Err(unreachable),
            known => Ok(known.to_string()),
        },
    }
}

fn of_words(words: &str) -> PullFault {
    let words = words.to_lowercase();
    let found = SIGNS.iter().find(|(_, signs)| signs.iter().any(|sign| words.contains(sign)));
    found.map_or(PullFault::Refused, |(fault, _)| *fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_known_by_its_words() {
        for (fault, words) in [
            (PullFault::NotFound, "manifest for debian:nope not found: manifest unknown: manifest unknown"),
            (
                PullFault::NotFound,
                "pull access denied for lab/nope, repository does not exist or may require 'docker login': denied: requested \
                 access to the resource is denied",
            ),
            (PullFault::NeedsSignIn, "Get \"https://reg.test/v2/a/manifests/1\": no basic auth credentials"),
            (PullFault::NeedsSignIn, "unauthorized: authentication required"),
            (PullFault::Denied, "error from registry: access forbidden"),
            (PullFault::TooManyPulls, "toomanyrequests: You have reached your pull rate limit."),
            (PullFault::OtherPlatform, "no matching manifest for linux/arm64/v8 in the manifest list entries"),
            (
                PullFault::Unreachable,
                "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
            ),
            (PullFault::Unreachable, "Get \"https://reg.test/v2/\": dial tcp: lookup reg.test: no such host"),
            (PullFault::Unreachable, "Get \"http://127.0.0.1:5/v2/\": malformed HTTP response \"SSH-2.0-OpenSSH\""),
            (PullFault::Unreachable, "Get \"https://reg.test/v2/\": http: server gave HTTP response to HTTPS client"),
            (PullFault::TimedOut, "Get \"https://reg.test/v2/\": dial tcp 192.0.2.1:443: i/o timeout"),
            (PullFault::TimedOut, "Get \"https://reg.test/v2/\": context deadline exceeded"),
            (PullFault::Refused, "something that nobody has seen yet"),
        ] {
            assert_eq!(of_words(words), fault, "{words}");
        }
    }

    #[test]
    fn no_word_of_the_other_side_is_in_what_people_read() {
        let banner = "220 secret-host.lab ESMTP Postfix, build 7";
        let stream = |error: String| pull_failed("127.0.0.1:25/a:latest", Error::DockerStreamError { error });
        let sentences = [
            stream(format!("Get \"http://127.0.0.1:25/v2/\": malformed HTTP response \"{banner}\"")).to_string(),
            stream(banner.to_owned()).to_string(),
            stream(format!("write {banner}: no space left on device")).to_string(),
            pull_failed(
                "a:latest",
                Error::DockerResponseServerError { status_code: 404, message: format!("No such image: {banner}") },
            )
            .to_string(),
        ];
        for sentence in sentences {
            for word in ["secret-host", "ESMTP", "Postfix", "build 7"] {
                assert!(!sentence.contains(word), "{sentence}");
            }
        }
    }
}
