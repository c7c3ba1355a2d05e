//! What owners' containers and homes take. Asked without bollard: it reads only the newest engines' form of the answer.

use std::{collections::BTreeMap, fmt::Display, path::Path, time::Duration};

use bollard::ClientVersion;
use control::ports::engine::{DiskUse, EngineError, label};
use domain::{InstallationId, UserId};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::timeout,
};

use crate::{
    client::Client,
    fault::refusal,
    label::{self as labels, Labels},
};

/// The engine walks through every file of every container and volume.
const WALK: Duration = Duration::from_secs(600);
/// Far more than ten thousand containers with their labels.
const LONGEST: u64 = 256 << 20;
/// The last version whose answer has this form.
const LAST: usize = 51;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    containers: Option<Vec<Container>>,
    volumes: Option<Vec<Volume>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Container {
    labels: Option<Labels>,
    size_rw: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Volume {
    labels: Option<Labels>,
    usage_data: Option<Usage>,
}

/// -1 where the volume's driver does not say.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Usage {
    size: i64,
}

pub(crate) async fn by_owner(client: &Client, installation: InstallationId) -> Result<Vec<DiskUse>, EngineError> {
    let ClientVersion { minor_version: minor, .. } = client.docker().await?.client_version();
    // Engines up to 20.10 do not know the types and tell everything.
    let path = format!("/v1.{}/system/df?type=container&type=volume", minor.min(LAST));
    let unreachable = |fault: std::io::Error| EngineError::Unreachable(fault.to_string());
    let answer = timeout(WALK, get(client.socket(), &path)).await;
    let answer = answer.map_err(|_| EngineError::Unreachable("it has counted for too long".into()))?;
    let answer = answer.map_err(unreachable)?;
    let (status, body) = split(&answer)?;
    if status != 200 {
        return Err(refusal(status, &String::from_utf8_lossy(body)));
    }
    let answer = serde_json::from_slice(body);
    answer.map(|answer| add_up(answer, installation)).map_err(unreadable)
}

/// HTTP/1.0: the body is all that follows, in one piece.
async fn get(socket: &Path, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await?;
    Ok(answer)
}

fn unreadable(fault: impl Display) -> EngineError {
    EngineError::Refused(format!("its answer about the disk cannot be read: {fault}"))
}

/// Status and body.
fn split(answer: &[u8]) -> Result<(u16, &[u8]), EngineError> {
    const END: &[u8] = b"\r\n\r\n";
    let end = answer.windows(END.len()).position(|window| window == END).ok_or_else(|| unreadable("no head"))?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.ok_or_else(|| unreadable("no status"))?, &answer[end + END.len()..]))
}

fn add_up(answer: Answer, installation: InstallationId) -> Vec<DiskUse> {
    let owner = |of: Option<Labels>| -> Option<UserId> {
        let of = of.filter(|of| labels::is_ours(of, installation))?;
        labels::read(&of, label::OWNER)
    };
    let mut by_owner = BTreeMap::<UserId, (u64, u64)>::new();
    let bytes = |size: Option<i64>| size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
    for Container { labels, size_rw } in answer.containers.unwrap_or_default() {
        if let Some(owner) = owner(labels) {
            by_owner.entry(owner).or_default().0 += bytes(size_rw);
        }
    }
    for Volume { labels, usage_data } in answer.volumes.unwrap_or_default() {
        if let Some(owner) = owner(labels) {
            by_owner.entry(owner).or_default().1 += bytes(usage_data.map(|usage| usage.size));
        }
    }
    by_owner.into_iter().map(|(owner, (nodes, home))| DiskUse { owner, nodes, home }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: &str = "7e577e57-0000-4000-8000-000000000001";
    const ADA: &str = "00000000-0000-0000-0000-00000000000a";

    #[test]
    fn what_is_ours_is_added_up_by_owner() {
        let ours = format!(r#"{{"{}": "{MINE}", "{}": "{ADA}"}}"#, label::INSTALLATION, label::OWNER);
        let theirs = ours.replace(MINE, ADA);
        let body = format!(
            r#"{{"LayersSize": 9, "Images": [],
                "Containers": [{{"SizeRw": 10, "Labels": {ours}}}, {{"Labels": {ours}}}, {{"SizeRw": 5, "Labels": {theirs}}}],
                "Volumes": [{{"Labels": {ours}, "UsageData": {{"Size": 7, "RefCount": 1}}}},
                    {{"Labels": {ours}, "UsageData": {{"Size": -1, "RefCount": -1}}}}, {{"Labels": null}}]}}"#
        );
        let answer = format!("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{body}");
        let (status, body) = split(answer.as_bytes()).expect("an answer");
        let parsed = serde_json::from_slice(body).expect("readable");
        let used = DiskUse { owner: ADA.parse().expect("an id"), nodes: 10, home: 7 };
        assert_eq!((status, add_up(parsed, MINE.parse().expect("an id"))), (200, vec![used]));
    }

    #[test]
    fn nothing_of_a_kind_is_null() {
        let parsed: Answer = serde_json::from_str(r#"{"Containers": null, "Volumes": null}"#).expect("readable");
        assert_eq!(add_up(parsed, MINE.parse().expect("an id")), []);
        assert!(split(b"nonsense").is_err());
    }
}
