//! xterm.js is the oracle: what it shows after a snapshot and the rest of the output is what it shows after all of the
//! output, cell by cell. `make fuzz` tries random output for as long as it is told (`SCREEN_FUZZ_SECONDS`): a failure is made
//! small, and prints the seed that brings it back with `SCREEN_FUZZ_SEED`.

use std::cell::RefCell;
use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};
use screen::Screen;
use serde_json::json;
use wire::terminal::Size;

use crate::output::stream_for_xterm;

/// Of a hundred streams each.
const ROUNDS: u64 = 5;

/// Node with xterm.js, asked case by case.
struct Oracle {
    node: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    fn start() -> std::io::Result<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/xterm.mjs");
        let mut node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (ask, answers) = node.stdin.take().zip(node.stdout.take()).ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok(Self { node, ask, answers: BufReader::new(answers) })
    }

    /// The first difference between what two ways of writing leave on a screen of this size; empty if there is none.
    fn difference(&mut self, size: Size, ways: [&[&[u8]]; 2]) -> Result<String, Box<dyn Error>> {
        let parts = ways.map(|way| way.iter().map(|piece| BASE64.encode(piece)).collect::<Vec<_>>());
        writeln!(self.ask, "{}", json!({ "cols": size.cols(), "rows": size.rows(), "parts": parts }))?;
        let mut answer = String::new();
        match self.answers.read_line(&mut answer)? {
            0 => Err("the oracle has ended".into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends by itself when nothing can be asked any more; a test that failed does not wait for that.
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

/// The output, where the snapshot is taken, and the screen's size.
type Case = (Vec<u8>, usize, u16, u16);

fn cases() -> impl Strategy<Value = Case> {
    (stream_for_xterm(), 0_usize..4000, 5_u16..90, 2_u16..30)
}

fn holds(oracle: &mut Oracle, (output, cut, cols, rows): &Case) -> Result<(), TestCaseError> {
    let size = Size::new(*cols, *rows).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let (before, after) = output.split_at((*cut).min(output.len()));
    let mut screen = Screen::new(size);
    before.chunks(7).for_each(|piece| screen.feed(piece));
    let snapshot = screen.snapshot();
    let difference = oracle.difference(size, [&[before, after], &[&snapshot, after]]);
    let difference = difference.map_err(|error| TestCaseError::fail(error.to_string()))?;
    let told = format!("{difference}\nsnapshot: {:?}", String::from_utf8_lossy(&snapshot));
    if difference.is_empty() { Ok(()) } else { Err(TestCaseError::fail(told)) }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().and_then(|text| text.parse().ok())
}

/// The same output each time, unless `SCREEN_FUZZ_SECONDS` says for how long to try other output.
#[test]
fn xterm_js_shows_after_a_snapshot_what_it_shows_after_the_output() -> Result<(), Box<dyn Error>> {
    let oracle = RefCell::new(Oracle::start()?);
    let time = number("SCREEN_FUZZ_SECONDS").map(Duration::from_secs);
    let begun = Instant::now();
    let first = number("SCREEN_FUZZ_SEED").unwrap_or_else(|| if time.is_some() { rand::random() } else { 0 });
    let goes_on = |round: u64| time.map_or(round < ROUNDS, |time| round == 0 || begun.elapsed() < time);
    for seed in (0..).take_while(|round| goes_on(*round)).map(|round| first.wrapping_add(round)) {
        let config = ProptestConfig {
            cases: 100,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(seed),
            ..ProptestConfig::default()
        };
        let result = TestRunner::new(config).run(&cases(), |case| holds(&mut oracle.borrow_mut(), &case));
        result.map_err(|failure| format!("SCREEN_FUZZ_SEED={seed}: {failure}"))?;
    }
    Ok(())
}

/// Each character once, where the rest of the line shows how many columns the model takes it for.
#[test]
fn characters_are_as_wide_as_in_xterm_js() -> Result<(), Box<dyn Error>> {
    let mut oracle = Oracle::start()?;
    let size = Size::new(80, 30)?;
    // The planes above hold nothing, or ideographs only.
    let characters: Vec<char> = ('\u{a0}'..'\u{20010}').chain('\u{e0000}'..'\u{e0200}').collect();
    for some in characters.chunks(20 * 1000) {
        let lines = some.chunks(20).map(|line| {
            let cells = line.iter().zip(0..).map(|(c, at)| format!("\x1b[{}Ga{c}\x1b[{}Gx", at * 4 + 1, at * 4 + 3));
            cells.collect::<String>() + "\r\n"
        });
        let output = lines.collect::<String>();
        let mut screen = Screen::new(size);
        screen.feed(output.as_bytes());
        let difference = oracle.difference(size, [&[output.as_bytes()], &[&screen.snapshot()]])?;
        assert_eq!(difference, "", "from {:?}", some.first());
    }
    Ok(())
}
