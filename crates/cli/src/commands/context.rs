//! Signing in and out, and the servers one is signed in to.

use wire::session::Session;

use super::{ask, device};
use crate::{
    args::ContextCommand,
    client::{Client, address, is_private},
    config::{self, Context, Contexts},
    failure::{Failure, Kind},
    output::{Output, Table},
};

/// How the token gets here.
pub(super) enum Way {
    /// With what the token is to be good for, where the person has said so.
    Browser {
        scope: Option<String>,
    },
    Prompt,
    Stdin,
}

/// A token that was typed in is saved after the server has accepted it. One that was issued just now exists nowhere else, and is
/// saved before.
pub(super) async fn login(
    url: &str,
    name: Option<String>,
    way: Way,
    plain_http: bool,
    output: &Output,
) -> Result<(), Failure> {
    let url = address(url)?;
    if !is_private(&url) && !plain_http {
        let what = format!(
            "{url} is not encrypted: on the way there, everybody could read the token. Use https, or --plain-http."
        );
        return Err(Failure::new(Kind::Refused, what));
    }
    let name = name.unwrap_or_else(|| url.split("://").last().unwrap_or(&url).to_owned());
    // Before anybody approves anything: what could not be kept is not asked for.
    config::check_name(&name)?;
    Contexts::change(|_| Ok(()))?;
    let (token, is_new) = match way {
        Way::Stdin => (ask::line()?, false),
        Way::Prompt => (asked(&url).await?, false),
        Way::Browser { scope } => match device::token(&url, scope).await? {
            Some(token) => (token, true),
            None => {
                output.say("This server is older and cannot sign you in through the browser.");
                (asked(&url).await?, false)
            }
        },
    };
    let context = Context { url, token: token.trim().to_owned() };
    if context.token.is_empty() {
        return Err(Failure::usage("No token was given."));
    }
    let keep = || Contexts::change(|contexts| contexts.put(&name, context.clone()));
    if is_new {
        keep()?;
    }
    let session: Session = match Client::new(&context)?.get("/session").await {
        Err(failure) if is_new => {
            output.say(&format!("Your token is kept as {name}, but the server does not say yet whose it is."));
            return Err(failure);
        }
        session => session?,
    };
    if !is_new {
        keep()?;
    }
    output.say(&format!("Signed in as {} ({name}).", session.name));
    Ok(())
}

async fn asked(url: &str) -> Result<String, Failure> {
    ask::secret(&format!("Make a token on {url}/profile and paste it here: ")).await
}

/// The token stays good on the server: it may be used elsewhere, too.
pub(super) fn logout(name: Option<&str>, output: &Output) -> Result<(), Failure> {
    let url = Contexts::load()?.chosen(name)?.url.clone();
    let name = Contexts::change(|contexts| contexts.remove(name))?;
    output.say(&format!("Forgot {name}. If the token is not needed elsewhere, revoke it: {url}/profile"));
    Ok(())
}

pub(super) fn run(command: ContextCommand, output: &Output) -> Result<(), Failure> {
    match command {
        ContextCommand::Ls => {
            let contexts = Contexts::load()?;
            let row = |(name, context, current): (&str, &Context, bool)| {
                vec![name.to_owned(), context.url.clone(), if current { "yes" } else { "" }.to_owned()]
            };
            let table = Table::new(&["name", "server", "current"], contexts.all().map(row));
            let value: Vec<_> = contexts
                .all()
                .map(|(name, context, current)| serde_json::json!({"name": name, "url": context.url, "current": current}))
                .collect();
            output.show(&value, &table)
        }
        ContextCommand::Use { name } => Contexts::change(|contexts| contexts.make_current(&name)),
        ContextCommand::Rm { name } => Contexts::change(|contexts| contexts.remove(Some(&name))).map(drop),
    }
}
