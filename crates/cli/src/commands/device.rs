//! Signing in through the browser (RFC 8628): the server gives two codes. The person approves the short one on a page where they
//! are signed in; the long one, which only this program has, then fetches the token.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};
use wire::device::{AskDevice, BeginDevice, DeviceCode, DeviceToken};

use super::browser;
use crate::{
    client::Client,
    config::Context,
    failure::{Failure, Kind},
    output::shown_lines,
};

/// A token's name has no more characters.
const LONGEST_NAME: usize = 40;
/// Seconds, whatever the server says: neither a flood of questions nor a long silence.
const SHORTEST_INTERVAL: u64 = 1;
const LONGEST_INTERVAL: u64 = 60;
/// So much longer is every pause after we were told that we ask too often, as RFC 8628 wants it.
const SLOWER: Duration = Duration::from_secs(5);

/// `None` where the server knows nothing of this.
pub(super) async fn token(url: &str, scope: Option<String>) -> Result<Option<String>, Failure> {
    let client = Client::new(&Context { url: url.to_owned(), token: String::new() })?;
    let code: DeviceCode = match client.post("/device", &BeginDevice { name: name(), scope }).await {
        Err(fault) if fault.kind == Kind::NotFound => return Ok(None),
        begun => begun?,
    };
    // Before the code is there to be read: from then on a person may have seen enough.
    let mut interrupts = signal(SignalKind::interrupt())?;
    show(&code)?;
    browser::open(&code.verification_uri_complete);
    tokio::select! {
        token = approved(&client, &code) => token.map(Some),
        _ = interrupts.recv() => Err(Failure::new(Kind::Interrupted, "")),
        () = tokio::time::sleep(Duration::from_secs(code.expires_in)) => {
            Err(Failure::new(Kind::NotSignedIn, format!("The code has expired. Begin again: docklet login {url}")))
        }
    }
}

/// What this machine is called, as far as a token can be called so.
fn name() -> Option<String> {
    let system = rustix::system::uname();
    let name = system.nodename().to_string_lossy();
    let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Also with `--quiet`: without the code the person cannot approve.
fn show(code: &DeviceCode) -> Result<(), Failure> {
    let text = format!("Open {} in a browser and approve the code {}", code.verification_uri, code.user_code);
    Ok(writeln!(io::stderr(), "{}", shown_lines(&text))?)
}

/// Asks until the person has decided. A network that is away for a moment, or a server that is starting, is waited for.
async fn approved(client: &Client, code: &DeviceCode) -> Result<String, Failure> {
    let ask = AskDevice { device_code: code.device_code.clone() };
    let mut pause = Duration::from_secs(code.interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL));
    loop {
        tokio::time::sleep(pause).await;
        let fault = match client.post::<DeviceToken>("/device/token", &ask).await {
            Ok(granted) => return Ok(granted.token),
            Err(fault) => fault,
        };
        match fault.problem_code() {
            Some("authorization_pending" | "not_ready") => {}
            None if fault.kind == Kind::Unreachable => {}
            Some("slow_down") => pause += SLOWER,
            _ => return Err(fault),
        }
    }
}
