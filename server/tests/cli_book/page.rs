//! A page of the book as commands and what they print. Knows no server.

use std::ops::Range;

use regex::Regex;

/// Ends what a command has printed; no command prints it.
const END: char = '\x1e';

/// A command of a page, and the lines of the page on which its output stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) command: String,
    pub(super) output: Range<usize>,
}

/// Which kind of text a line belongs to.
enum Within {
    Text,
    Replayed,
    LeftOut,
    OtherCode,
}

/// The commands of a page's `console` blocks, and the reason for each block that is left out.
pub(super) fn steps(page: &str) -> (Vec<Step>, Vec<String>) {
    let (mut steps, mut left_out): (Vec<Step>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut within, mut reason) = (Within::Text, None);
    for (number, line) in page.lines().enumerate() {
        if let Some(tag) = line.strip_prefix("```") {
            within = match (within, reason.take()) {
                (Within::Text, None) if tag == "console" => Within::Replayed,
                (Within::Text, None) => Within::OtherCode,
                (Within::Text, Some(why)) => {
                    left_out.push(why);
                    Within::LeftOut
                }
                _ => Within::Text,
            };
            continue;
        }
        match within {
            Within::Text => {
                let comment = line.strip_prefix("<!-- not replayed: ").and_then(|rest| rest.strip_suffix(" -->"));
                reason = comment.map(str::to_owned);
            }
            Within::Replayed => take(&mut steps, number, line),
            Within::OtherCode => {
                assert!(!line.starts_with("$ "), "line {}: a block with commands is `console`", number + 1);
            }
            Within::LeftOut => {}
        }
    }
    (steps, left_out)
}

/// A line of a block: a command, more of it, or what it prints.
fn take(steps: &mut Vec<Step>, number: usize, line: &str) {
    if let Some(command) = line.strip_prefix("$ ") {
        return steps.push(Step { command: command.to_owned(), output: number + 1..number + 1 });
    }
    let step = steps.last_mut().filter(|step| step.output.end == number);
    let step = step.unwrap_or_else(|| panic!("line {}: a block begins with a command", number + 1));
    match line.strip_prefix("> ") {
        Some(more) if step.output.is_empty() => {
            step.command.extend(["\n", more]);
            step.output = number + 1..number + 1;
        }
        _ => step.output.end = number + 1,
    }
}

/// One shell for a page, so that what a command sets holds for those below it. A program in the background has printed a result
/// before the next command begins, or has ended, and then its exit code counts.
pub(super) fn script(steps: &[Step]) -> String {
    let mut script = "exec 2>&1\ntrap 'jobs -p | xargs -r kill' EXIT\n".to_owned();
    for (index, Step { command, .. }) in steps.iter().enumerate() {
        script += &match command.strip_suffix(" &") {
            None => command.clone(),
            Some(command) => format!(
                "{command} >.printed-{index} 2>.said-{index} &\n\
                 while [ ! -s .printed-{index} ] && kill -0 $! 2>/dev/null; do sleep 0.05; done\n\
                 cat .said-{index} .printed-{index}\n\
                 [ -s .printed-{index} ] || wait $!"
            ),
        };
        script += "\nprintf '\\036%d\\n' $?\n";
    }
    script
}

/// What each command has printed, and its exit code.
pub(super) fn printed(output: &str) -> Vec<(&str, &str)> {
    let mut pieces = output.split(END);
    let mut text = pieces.next().unwrap_or_default();
    let mut all = Vec::new();
    for piece in pieces {
        let (code, next) = piece.split_once('\n').unwrap_or((piece, ""));
        all.push((text, code));
        text = next;
    }
    all
}

/// A text without what is another every time. Columns are as wide as what stands in them.
fn alike(text: &str) -> String {
    let varies = [
        (r"(?m)[ \t]+$", ""),
        (r" {2,}", "  "),
        (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"),
        (r"\b(\d{1,3}\.){3}\d{1,3}\b", "ADDRESS"),
        (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?Z?", "TIME"),
        (r"\b[a-z2-7]{10}\.apps\.", "LABEL.apps."),
        (r"\bdkl_[\w-]+", "TOKEN"),
        (r"\b\d+(\.\d+)? ?(([KMG]i?)?B\b|m?s\b|%)", "AMOUNT"),
    ];
    let without = |text: String, (what, name): &(&str, &str)| {
        Regex::new(what).expect("a pattern").replace_all(&text, *name).into_owned()
    };
    varies.iter().fold(text.trim_end().to_owned(), without)
}

/// Where a page shows something else than was printed.
pub(super) fn differ(page: &str, step: &Step, printed: &str) -> bool {
    let shown: Vec<&str> = page.lines().skip(step.output.start).take(step.output.len()).collect();
    alike(&shown.join("\n")) != alike(printed)
}

/// The page with what was printed, where that differs.
pub(super) fn rewritten(page: &str, steps: &[Step], printed: &[String]) -> String {
    let mut lines: Vec<&str> = page.lines().collect();
    // From the last one on, so that the places of those above stay.
    for (step, printed) in steps.iter().zip(printed).rev() {
        if differ(page, step, printed) {
            drop(lines.splice(step.output.clone(), printed.lines().map(str::trim_end)));
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_page_is_commands_with_their_output_and_reasons_for_what_is_left_out() {
    let page = "# One\n\n```console\n$ a\n1\n2\n$ for b\n> do c\n```\n\n<!-- not replayed: no browser -->\n```console\n$ d\n```\n\n```toml\nx\n```\n";
    let step = |command: &str, output: Range<usize>| Step { command: command.to_owned(), output };
    let expected = vec![step("a", 4..6), step("for b\ndo c", 8..8)];
    assert_eq!(steps(page), (expected, vec!["no browser".to_owned()]));
    assert_eq!(printed("1\n2\x1e0\n\x1e7\n"), [("1\n2", "0"), ("", "7")]);
}

#[test]
fn a_program_in_the_background_that_fails_is_a_command_that_fails() {
    let folder = tempfile::tempdir().expect("a directory");
    let commands = ["(echo why >&2; exit 7) &", "(echo up; exec sleep 1000) &", "echo down"];
    let steps = commands.map(|command| Step { command: command.to_owned(), output: 0..0 });
    let mut bash = std::process::Command::new("bash");
    let played = bash.args(["-c", &script(&steps)]).current_dir(folder.path()).output().expect("bash");
    let output = String::from_utf8_lossy(&played.stdout);
    assert_eq!(printed(&output), [("why\n", "7"), ("up\n", "0"), ("down\n", "0")]);
}

#[test]
fn a_page_keeps_what_only_varies_and_takes_what_is_another() {
    let page = "```console\n$ a\nlab  10.0.0.2    hera\n$ b\nold\n$ c\n```\n";
    let (steps, _) = steps(page);
    let printed = ["lab  10.213.16.3  hera\n", "new\n", "1\n2\n"].map(str::to_owned);
    let expected = "```console\n$ a\nlab  10.0.0.2    hera\n$ b\nnew\n$ c\n1\n2\n```\n";
    assert_eq!(rewritten(page, &steps, &printed), expected);
}
