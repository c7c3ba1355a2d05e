//! Submits a job: where its script comes from, and what is told of it then.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    process::ExitCode,
    slice,
};

use wire::{
    image::ImageChoice,
    job::{Job, Retries, SubmitJob},
    vcluster::NodeResources,
};

use super::{logs, show, wait};
use crate::{
    args::{Cause, Submit, Surroundings},
    client::Client,
    commands::exec::ended_by,
    failure::{Failure, Kind},
    output::Output,
    terminal,
};

/// No server takes a script as long; below it, the server says what its rule is.
const LONGEST: u64 = 128 * 1024;

pub(super) async fn run(client: &Client, submit: Submit, output: &Output) -> Result<ExitCode, Failure> {
    let (wait, follow) = (submit.wait, submit.follow);
    let job: Job = client.post("/jobs", &order(client, submit).await?).await?;
    if !wait && !follow {
        return submitted(&job, output).map(|()| ExitCode::SUCCESS);
    }
    output.say(&format!("Submitted job {}", job.id));
    if follow {
        logs::print(client, &job.reference(), true, output).await?;
    }
    let over = wait::until_over(client, &[job.reference()], None, output).await?;
    match over.as_slice() {
        [over] if follow => exit_code(over),
        over => {
            over.iter().try_for_each(|job| show(job, output))?;
            wait::failure(over).map_or(Ok(ExitCode::SUCCESS), Err)
        }
    }
}

/// One line, or one object, for who goes on with the job's number.
fn submitted(job: &Job, output: &Output) -> Result<(), Failure> {
    let id = job.id.to_string();
    let text = if output.is_quiet() { id.clone() } else { format!("Submitted job {id}") };
    output.headings(&["id", "name", "state"])?;
    output.row(job, &[&id, &job.name, job.state.as_str()], &text)
}

/// The script's own, where it has run to its own end.
fn exit_code(job: &Job) -> Result<ExitCode, Failure> {
    match (job.state.as_str(), job.exit_code, job.signal) {
        ("completed", ..) => Ok(ExitCode::SUCCESS),
        ("failed", Some(code), _) if code != 0 => Ok(ExitCode::from(code)),
        ("failed", None, Some(signal)) => Ok(ended_by(signal)),
        _ => Err(wait::failure(slice::from_ref(job)).unwrap_or_else(|| Failure::new(Kind::Waited, "It has failed."))),
    }
}

async fn order(client: &Client, submit: Submit) -> Result<SubmitJob, Failure> {
    let ((called, script), arguments) = (script(&submit)?, submit.arguments().to_vec());
    let image = match submit.image {
        Some(image) => image,
        None => client.get::<ImageChoice>("/images").await?.base,
    };
    let resources = NodeResources { cpus: submit.cpus, memory_mib: submit.memory };
    let usual = SubmitJob::new(submit.name.unwrap_or(called), image, resources, script);
    let Surroundings { env, chdir, signal, retries, retry_on, tag } = submit.surroundings;
    Ok(SubmitJob {
        environment: env.into_iter().collect(),
        directory: chdir,
        warning: signal,
        retries: retried(retries, &retry_on),
        tags: tag,
        arguments,
        time_limit_s: submit.time.unwrap_or(usual.time_limit_s),
        output: submit.output_file.unwrap_or_else(|| usual.output.clone()),
        hold: submit.hold,
        after: submit.after,
        begin_at: submit.begin,
        deadline: submit.deadline,
        nice: submit.nice,
        array: submit.array,
        ..usual
    })
}

fn retried(most: Option<i64>, causes: &[Cause]) -> Retries {
    let code = |cause: &Cause| match cause {
        Cause::ExitCode(code) => Some(*code),
        Cause::HostLost => None,
    };
    let exit_codes = causes.iter().filter_map(code).collect();
    Retries { most: most.unwrap_or_default(), exit_codes, host_lost: causes.contains(&Cause::HostLost) }
}

/// What it is called where nothing else is said, and its text.
fn script(submit: &Submit) -> Result<(String, String), Failure> {
    if let Some(command) = &submit.wrap {
        return Ok(("wrap".to_owned(), format!("#!/bin/sh\n{command}\n")));
    }
    match submit.script() {
        Some(path) if path != Path::new("-") => {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            let what = path.display().to_string();
            let file = File::open(path).map_err(|fault| unreadable(&what, &fault))?;
            Ok((name, text(file, &what)?))
        }
        // Nobody has said that it is typed.
        None if !terminal::is_fed()? => {
            Err(Failure::usage("Name a script, or pipe one in; a single command: --wrap 'COMMAND'"))
        }
        _ => Ok(("stdin".to_owned(), text(io::stdin().lock(), "Standard input")?)),
    }
}

fn text(from: impl Read, what: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = from.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|fault| unreadable(what, &fault))?;
    if read as u64 > LONGEST {
        let advice = "put what is long into a file of your home, and call it from the script";
        return Err(Failure::usage(format!("{what} is longer than a script may be: {advice}")));
    }
    String::from_utf8(bytes).map_err(|_| {
        Failure::usage(format!("{what} is no text in UTF-8. A program in your home: --wrap './PROGRAM ARGUMENTS'"))
    })
}

fn unreadable(what: &str, fault: &io::Error) -> Failure {
    Failure::usage(format!("{what} cannot be read: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::job::shown::tests::job;

    #[test]
    fn what_is_followed_ends_with_the_scripts_code_only_where_it_has_come_to_its_own_end() {
        let code = |state: &str, exit: serde_json::Value, signal: serde_json::Value| {
            exit_code(&job(serde_json::json!({"state": state, "exit_code": exit, "signal": signal})))
        };
        let none = serde_json::Value::Null;
        let shown = |code: ExitCode| format!("{code:?}");
        for (state, exit, signal, expected) in [
            ("completed", 0.into(), none.clone(), 0),
            ("failed", 3.into(), none.clone(), 3),
            ("failed", none.clone(), 9.into(), 128 + 9),
        ] {
            let found = code(state, exit, signal).map(shown).ok();
            assert_eq!(found, Some(shown(ExitCode::from(expected))), "{state}");
        }
        for (state, exit, signal) in [
            ("timeout", 0.into(), none.clone()),
            ("cancelled", none.clone(), none.clone()),
            ("out_of_memory", none.clone(), 9.into()),
            ("node_fail", none.clone(), none.clone()),
            ("deadline", none.clone(), none.clone()),
            ("failed", none.clone(), none.clone()),
        ] {
            let failure = code(state, exit, signal).expect_err("no end of its own");
            assert!(failure.kind == Kind::Waited && failure.to_string().contains(state), "{failure}");
        }
    }

    #[test]
    fn a_script_is_text_and_not_endless() {
        assert_eq!(text(&b"echo\n"[..], "it").ok().as_deref(), Some("echo\n"));
        for (bytes, part) in [(vec![0xff], "UTF-8"), (vec![b'x'; 1 << 20], "longer than a script may be")] {
            let failure = text(bytes.as_slice(), "it").expect_err("no script");
            assert!(failure.kind == Kind::Usage && failure.to_string().contains(part), "{failure}");
        }
    }
}
