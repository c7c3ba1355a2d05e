//! Follows the events of the person's vclusters: server-sent events as the server sends them (WHATWG HTML, section 9.2), over
//! connections that may break. Knows no command.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;
use wire::event::Event;

use crate::{
    client::Client,
    failure::{Failure, Kind},
};

/// A server sends at least a comment within this.
const SILENCE: Duration = Duration::from_secs(60);
/// No event is as long.
const LONGEST: usize = 4 * 1024 * 1024;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Hands over each event until `on` returns something or the deadline has passed (`None`). `begun` runs whenever a connection
/// stands, before its first event: what happened before is not told again.
pub(super) async fn follow<T>(
    client: &Client,
    deadline: Option<Instant>,
    mut begun: impl AsyncFnMut() -> Result<Option<T>, Failure>,
    mut on: impl AsyncFnMut(Event) -> Result<Option<T>, Failure>,
) -> Result<Option<T>, Failure> {
    let mut last = None;
    let mut pause = FIRST_PAUSE;
    loop {
        let once = one_connection(client, &mut last, &mut begun, &mut on);
        let end = match deadline {
            Some(at) => match tokio::time::timeout_at(at, once).await {
                Ok(end) => end,
                Err(_) => return Ok(None),
            },
            None => once.await,
        };
        match end {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) => pause = FIRST_PAUSE,
            Err(failure) if failure.kind == Kind::Unreachable && last.is_some() => {
                pause = (pause * 2).min(LONGEST_PAUSE)
            }
            Err(failure) => return Err(failure),
        }
        let until = Instant::now() + pause;
        tokio::time::sleep_until(deadline.map_or(until, |at| at.min(until))).await;
    }
}

/// `Ok(None)` when it has ended.
async fn one_connection<T>(
    client: &Client,
    last: &mut Option<String>,
    begun: &mut impl AsyncFnMut() -> Result<Option<T>, Failure>,
    on: &mut impl AsyncFnMut(Event) -> Result<Option<T>, Failure>,
) -> Result<Option<T>, Failure> {
    let mut headers = HeaderMap::new();
    if let Some(id) = last.as_deref().filter(|id| !id.is_empty()).and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(HeaderName::from_static("last-event-id"), id);
    }
    let mut stream = client.open("/events", headers).await?.bytes_stream();
    // From now on a broken connection is taken up again, also before its first event.
    last.get_or_insert_default();
    if let Some(found) = begun().await? {
        return Ok(Some(found));
    }
    let mut parser = Parser::default();
    while let Ok(Some(Ok(bytes))) = tokio::time::timeout(SILENCE, stream.next()).await {
        for message in parser.push(&bytes)? {
            if let Some(id) = message.id {
                *last = Some(id);
            }
            // Kinds of events that a later server has are none of ours.
            let Ok(event) = serde_json::from_str(&message.data) else { continue };
            if let Some(found) = on(event).await? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Message {
    id: Option<String>,
    data: String,
}

/// Bytes in pieces of any size, messages out.
#[derive(Default)]
struct Parser {
    rest: Vec<u8>,
    open: Message,
}

impl Parser {
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Message>, Failure> {
        self.rest.extend_from_slice(bytes);
        let mut done = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.line(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']), &mut done);
        }
        match self.rest.len() + self.open.data.len() {
            ..=LONGEST => Ok(done),
            _ => Err(Failure::new(Kind::Unreachable, "The server sends an event that has no end.")),
        }
    }

    fn line(&mut self, line: &str, done: &mut Vec<Message>) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.open.id = Some(value.to_owned()),
            "data" if self.open.data.is_empty() => value.clone_into(&mut self.open.data),
            "data" => self.open.data.extend(["\n", value]),
            "" if line.is_empty() => {
                let message = std::mem::take(&mut self.open);
                done.extend(Some(message).filter(|message| !message.data.is_empty()));
            }
            // Comments, and fields that are not used here.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_the_same_however_their_bytes_are_cut() {
        let text = ": hello\n\nid: 7\nevent: vcluster\ndata: {\"a\":\ndata: 1}\n\ndata:x\r\n\r\nid: 8\n\n";
        let of = |pieces: usize| {
            let mut parser = Parser::default();
            text.as_bytes().chunks(pieces).flat_map(|piece| parser.push(piece).expect("short")).collect::<Vec<_>>()
        };
        let expected =
            vec![Message { id: Some("7".into()), data: "{\"a\":\n1}".into() }, Message { id: None, data: "x".into() }];
        for pieces in [1, 2, 3, 7, text.len()] {
            assert_eq!(of(pieces), expected, "{pieces}");
        }
    }

    #[test]
    fn what_has_no_end_is_not_kept() {
        let mut parser = Parser::default();
        assert!((0..10).any(|_| parser.push(&vec![b'x'; LONGEST / 4]).is_err()));
    }
}
