//! The end of what a container's PID 1 wrote.

use bollard::query_parameters::LogsOptionsBuilder;
use control::ports::engine::EngineError;
use futures::TryStreamExt;

use crate::client::{Client, QUERY};

/// Longest text that is returned, in bytes.
const LONGEST: usize = 4096;

pub(crate) async fn tail(client: &Client, id: &str, lines: u32) -> Result<String, EngineError> {
    let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&lines.to_string()).build();
    // Bounded before it is here: the engine keeps 1 MB of a container's log, see spec.rs.
    let chunks: Vec<_> = client
        .ask(QUERY, |docker| async move {
            docker.logs(id, Some(options)).map_ok(|chunk| chunk.into_bytes()).try_collect().await
        })
        .await?;
    Ok(clean(&String::from_utf8_lossy(&chunks.concat())))
}

/// The last part, without control characters but line ends.
fn clean(text: &str) -> String {
    let text: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let text = text.trim_end();
    text[text.ceil_char_boundary(text.len().saturating_sub(LONGEST))..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_cleaned_and_its_end_is_kept() {
        assert_eq!(clean("one\r\n\u{1b}[31mtwo\u{7}\n"), "one\n[31mtwo");
        let long = format!("{}end", "ä".repeat(5000));
        let kept = clean(&long);
        assert!(kept.len() <= LONGEST && kept.ends_with("end"));
    }
}
