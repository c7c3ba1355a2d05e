//! Names for a shell's completion, asked of the server that the line before the cursor would go to. Silent where it cannot be
//! asked: the person has only pressed a key.

use std::{env, io, time::Duration};

use clap::CommandFactory as _;
use clap_complete::{ArgValueCandidates, CompleteEnv, CompletionCandidate, Shell, env::Shells};
use wire::{app::App, job::Job, vcluster::Vcluster};

use super::named::{self, JUPYTER, place};
use crate::{args::Args, client::Client, config::Contexts, failure::Failure};

/// The shell says with it that it asks.
const VARIABLE: &str = "DOCKLET_COMPLETE";
const PATIENCE: Duration = Duration::from_secs(1);
/// Nobody picks an older one from a list.
const MOST_JOBS: usize = 100;

/// Answers a shell that asks; `false` where none does.
pub(crate) fn answer() -> clap::error::Result<bool> {
    let here = env::current_dir().ok();
    CompleteEnv::with_factory(Args::command).var(VARIABLE).try_complete(env::args_os(), here.as_deref())
}

/// What a shell reads so that it asks.
pub(super) fn script(shell: Shell) -> io::Result<Vec<u8>> {
    let shells = Shells::builtins();
    let known = shells.completer(&shell.to_string());
    let known = known.ok_or_else(|| io::Error::other(format!("There are no completions for {shell}.")))?;
    let mut text = Vec::new();
    known.write_registration(VARIABLE, "docklet", "docklet", "docklet", &mut text)?;
    Ok(text)
}

/// `lab`.
pub(crate) fn vclusters() -> ArgValueCandidates {
    ArgValueCandidates::new(|| of_each(|vcluster| vec![vcluster.name.clone()]))
}

/// `lab/node-1`.
pub(crate) fn nodes() -> ArgValueCandidates {
    ArgValueCandidates::new(|| of_each(nodes_of))
}

/// Either.
pub(crate) fn targets() -> ArgValueCandidates {
    ArgValueCandidates::new(|| of_each(|vcluster| [vec![vcluster.name.clone()], nodes_of(vcluster)].concat()))
}

/// Those of the vcluster that is on the line.
pub(crate) fn apps() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let apps = ask(async |client: &Client| {
            let (words, all) = (words(), named::all(client).await?);
            match all.iter().find(|vcluster| words.contains(&vcluster.name)) {
                Some(vcluster) => named::apps(client, vcluster).await,
                None => Ok(Vec::new()),
            }
        });
        candidates(apps.iter().flatten().map(word_of))
    })
}

/// `812`; the newest.
pub(crate) fn jobs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let jobs = ask(async |client: &Client| named::pages::<Job>(client, "/jobs?", MOST_JOBS).await);
        candidates(jobs.iter().flatten().map(|job| job.id.to_string()))
    })
}

/// From our own file.
pub(crate) fn contexts() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let contexts = Contexts::load().ok();
        candidates(contexts.iter().flat_map(Contexts::all).map(|(name, ..)| name.to_owned()))
    })
}

fn of_each(names: impl Fn(&Vcluster) -> Vec<String>) -> Vec<CompletionCandidate> {
    let all = ask(async |client: &Client| named::all(client).await).unwrap_or_default();
    candidates(all.iter().flat_map(names))
}

fn nodes_of(vcluster: &Vcluster) -> Vec<String> {
    vcluster.nodes.iter().map(|node| format!("{}/{}", vcluster.name, node.name)).collect()
}

fn word_of(app: &App) -> String {
    match app.title.as_str() {
        _ if app.kind.as_str() == JUPYTER => JUPYTER.to_owned(),
        // bash takes a colon for the end of a word.
        title if is_word(title) && !title.contains(':') => title.to_owned(),
        _ => place(app),
    }
}

fn candidates(words: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    words.filter(|word| is_word(word)).map(CompletionCandidate::new).collect()
}

/// A shell puts it on the line as it is: nothing in it may be the shell's to understand.
fn is_word(text: &str) -> bool {
    !text.starts_with('-') && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':'))
}

fn ask<T>(question: impl AsyncFnOnce(&Client) -> Result<T, Failure>) -> Option<T> {
    let client = Client::of(context(&words()).as_deref()).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let answer = runtime.block_on(async { tokio::time::timeout(PATIENCE, question(&client)).await });
    // A host name that is still being looked up cannot be given up.
    runtime.shutdown_background();
    answer.ok()?.ok()
}

/// The line, as the shell hands it over.
fn words() -> Vec<String> {
    let words = env::args_os().map(|word| word.to_string_lossy().into_owned());
    words.skip_while(|word| word != "--").skip(1).collect()
}

/// The context that the line names. bash makes three words of `--context=work`.
fn context(words: &[String]) -> Option<String> {
    let value = |(at, word): (usize, &String)| match word.strip_prefix("--context")? {
        "" => words.iter().skip(at + 1).find(|word| *word != "=").cloned(),
        value => value.strip_prefix('=').map(str::to_owned),
    };
    let named = words.iter().enumerate().find_map(value);
    named.or_else(|| env::var("DOCKLET_CONTEXT").ok()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_on_the_line_is_asked() {
        let of = |line: &str| context(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for line in ["docklet --context work ssh l", "docklet ssh l --context=work", "docklet ssh --context = work l"] {
            assert_eq!(of(line).as_deref(), Some("work"), "{line}");
        }
    }

    #[test]
    fn shells_are_offered_something_for_each_word_that_names_a_persons_own() {
        fn without(command: &clap::Command) -> Vec<String> {
            let of_names = command
                .get_positionals()
                .filter(|word| ["target", "vcluster", "node", "app", "job", "jobs"].contains(&word.get_id().as_str()));
            let own = of_names.filter(|word| word.get::<ArgValueCandidates>().is_none());
            let own = own.map(|word| format!("{} {}", command.get_name(), word.get_id()));
            own.chain(command.get_subcommands().flat_map(without)).collect()
        }
        assert_eq!(without(&Args::command()), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_offered_that_a_shell_would_act_on() {
        for word in ["lab", "lab/node-1", "Übung_2.1", "node-0:8050"] {
            assert!(is_word(word), "{word}");
        }
        for text in ["a b", "$(reboot)", "a;b", "--yes", "a\x1b[2J", "*"] {
            assert!(!is_word(text), "{text}");
        }
    }
}
