//! What the engine's refusals mean. It answers with a status and a sentence; where the status does not tell enough, the
//! sentence must. Each of them is provoked for real in `tests/faults.rs`.

use bollard::errors::Error;
use control::ports::engine::EngineError;

/// Longest sentence of the engine that is passed on, in bytes.
const LONGEST: usize = 400;

/// Any error, in the port's words.
pub(crate) fn fault(error: Error) -> EngineError {
    match error {
        Error::DockerResponseServerError { status_code, message } => refusal(status_code, &message),
        Error::DockerStreamError { error } | Error::DockerContainerWaitError { error, .. } => refusal(500, &error),
        Error::JsonDataError { message, .. } => {
            EngineError::Refused(format!("its answer cannot be read: {}", tidy(&message)))
        }
        Error::SocketNotFoundError(path) => EngineError::Unreachable(format!("there is no socket at {path}")),
        Error::RequestTimeoutError => EngineError::Unreachable("no answer in time".into()),
        lost => EngineError::Unreachable(root_cause(&lost)),
    }
}

/// An answer that is not a success.
pub(crate) fn refusal(status: u16, message: &str) -> EngineError {
    if is_disk_full(message) {
        EngineError::DiskFull
    } else if let Some(image) = missing_image(status, message) {
        EngineError::NoSuchImage(image.to_owned())
    } else if let Some(runtime) = missing_runtime(message) {
        EngineError::NoSuchRuntime(runtime.to_owned())
    } else if status == 404 {
        EngineError::Gone(tidy(message))
    } else {
        EngineError::Refused(tidy(message))
    }
}

pub(crate) fn is_disk_full(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("no space left on device") || message.contains("disk quota exceeded")
}

/// "No such image: docklet/base:latest", "No such image: x@sha256:…".
fn missing_image(status: u16, message: &str) -> Option<&str> {
    let (_, name) = message.split_once("No such image: ").filter(|_| status == 404)?;
    Some(name.trim())
}

/// "Unknown runtime specified runsc", since Engine 23 "unknown or invalid runtime name: runsc".
fn missing_runtime(message: &str) -> Option<&str> {
    let said = ["Unknown runtime specified ", "unknown or invalid runtime name: "];
    let (_, name) = said.iter().find_map(|words| message.split_once(words))?;
    name.split_whitespace().next()
}

/// Status and sentence of a refusal; `None` when it was no refusal.
pub(crate) fn parts(error: &Error) -> Option<(u16, &str)> {
    match error {
        Error::DockerResponseServerError { status_code, message } => Some((*status_code, message)),
        _ => None,
    }
}

/// One line, without control characters, bounded: fit for a page and a log.
pub(crate) fn tidy(message: &str) -> String {
    let spaced: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() > LONGEST {
        line.truncate(line.floor_char_boundary(LONGEST));
        line.push('…');
    }
    line
}

/// The innermost cause: what hyper and bollard say around it ("client error") explains nothing.
fn root_cause(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    tidy(&cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_by_its_sentence_whatever_the_status() {
        let sentence =
            "error creating overlay mount to /var/lib: mkdir /var/lib/docker/overlay2/x: no space left on device";
        assert_eq!(refusal(500, sentence), EngineError::DiskFull);
        assert_eq!(refusal(404, "write /var/lib/docker/x: No space left on device"), EngineError::DiskFull);
        assert_eq!(refusal(500, "write x: disk quota exceeded"), EngineError::DiskFull);
    }

    #[test]
    fn missing_things_are_told_from_missing_images() {
        assert_eq!(refusal(404, "No such image: lab:latest"), EngineError::NoSuchImage("lab:latest".into()));
        assert_eq!(refusal(404, "No such container: x"), EngineError::Gone("No such container: x".into()));
        assert_eq!(refusal(409, "No such image: lab"), EngineError::Refused("No such image: lab".into()));
    }

    #[test]
    fn sentences_become_one_bounded_line() {
        assert_eq!(tidy("a\nb\u{1b}[31m\tc"), "a b [31m c");
        assert!(tidy(&"ä".repeat(1000)).len() <= LONGEST + '…'.len_utf8());
    }
}
