//! The bytes of a job's output, as they are in its file; also while they are written, over connections that may break.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use reqwest::header::HeaderMap;
use tokio::time::sleep;

use super::{about, get, path, shown::reason};
use crate::{
    client::Client,
    failure::{Failure, Kind},
    output::Output,
};

/// Bytes that are asked for at once: few enough for a slow network to bring them in time.
const MOST: u32 = 256 * 1024;
/// How long the server waits for the first of them.
const WAIT_S: u32 = 20;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

struct Piece {
    bytes: Vec<u8>,
    /// Of the file, when the piece was read.
    size: u64,
    /// Nothing is written to it any more.
    ended: bool,
}

/// To the end that it has now; with `follow` until the job is over. That the job is there has been seen before.
pub(super) async fn print(client: &Client, id: &str, follow: bool, output: &Output) -> Result<(), Failure> {
    let (mut from, mut wait_s, mut pause, mut until) = (0, 0, FIRST_PAUSE, None);
    loop {
        let piece = match piece(client, id, from, wait_s).await {
            Err(failure) if follow && passes(client, id, &failure).await => {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
            piece => piece?,
        };
        if from == 0 {
            output.progress("");
        }
        write(&piece.bytes)?;
        from += piece.bytes.len() as u64;
        // A file that grows as fast as it is read would have no end.
        let end = if follow { piece.size } else { *until.get_or_insert(piece.size) };
        let is_all = piece.bytes.is_empty() || from >= end;
        if is_all && (piece.ended || !follow) {
            return Ok(());
        }
        if follow && from == 0 {
            tell(client, id, output).await;
        }
        (wait_s, pause) = (if follow { WAIT_S } else { 0 }, FIRST_PAUSE);
    }
}

async fn piece(client: &Client, id: &str, from: u64, wait_s: u32) -> Result<Piece, Failure> {
    let path = format!("{}/output?from={from}&limit={MOST}&wait_s={wait_s}", path(id));
    let (headers, bytes) = client.bytes(&path).await.map_err(|failure| about(failure, id))?;
    let size = number(&headers, "docklet-output-size");
    let size = size.ok_or_else(|| Failure::new(Kind::Other, "The server does not say how long the output is."))?;
    let ended = headers.get("docklet-output-ended").is_some_and(|ended| ended == "true");
    Ok(Piece { bytes, size, ended })
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// Whether the output may be read a little later: the server is away, or the job's host is and nothing is known of its end.
async fn passes(client: &Client, id: &str, failure: &Failure) -> bool {
    match failure.kind {
        Kind::Unreachable => true,
        _ if failure.problem_code() == Some("node_unreachable") => {
            get(client, id).await.map_or_else(|failure| failure.kind == Kind::Unreachable, |job| !job.state.is_final())
        }
        _ => false,
    }
}

/// Tells a person why there is nothing yet.
async fn tell(client: &Client, id: &str, output: &Output) {
    if output.is_watched()
        && let Ok(job) = get(client, id).await
    {
        output.progress(&format!("{id}: {} {}", job.state.as_str(), reason(&job)));
    }
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}
