//! `docklet`: what people who live in terminals do with their Docklet. A client of the REST interface like any other: it knows
//! no rule of the server, and needs none for `--help`.

mod args;
mod client;
mod commands;
mod config;
mod datagrams;
mod failure;
mod output;
mod pager;
mod relay;
mod terminal;
mod websocket;

use std::{
    io::{self, Write as _},
    panic,
    process::ExitCode,
};

use clap::Parser as _;

use args::{Args, wants_json};
use commands::completion;
use failure::Failure;
use output::{Format, Output};

fn main() -> ExitCode {
    let args = match completion::answer() {
        Ok(true) => return ExitCode::SUCCESS,
        Ok(false) => Args::try_parse(),
        Err(fault) => Err(fault),
    };
    let args = match args {
        Ok(args) => args,
        Err(error) => return told(&error),
    };
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        terminal::restore();
        default(panic);
    }));
    let output = Output::new(args.global.output, args.global.quiet, !args.global.no_pager);
    match run(args, &output) {
        Ok(code) => code,
        Err(failure) => failed(&failure, &output),
    }
}

fn failed(failure: &Failure, output: &Output) -> ExitCode {
    // If standard error is closed, the exit code still tells.
    let _ = failure.write(&mut io::stderr().lock(), output);
    failure.code()
}

/// What clap says in place of a command: help, the version, or what is wrong with the words.
fn told(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && wants_json(std::env::args_os()) {
        return failed(&Failure::of_words(error), &Output::new(Format::Json, false, false));
    }
    let text = error.render().to_string();
    // As above.
    let _ = match text.strip_prefix(failure::OF_CLAP) {
        Some(rest) => write!(io::stderr(), "docklet: {rest}"),
        None => error.print(),
    };
    if error.use_stderr() { Failure::of_words(error).code() } else { ExitCode::SUCCESS }
}

fn run(args: Args, output: &Output) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(commands::run(args, output));
    // A read of the terminal cannot be given up; the process ends without it.
    runtime.shutdown_background();
    done
}
