//! How results are printed: a table for people; JSON, CSV and names for programs. Knows nothing of what is in them.

use std::io::{self, IsTerminal as _, Write as _};

use clap::ValueEnum;
use serde::Serialize;
use wire::app::is_invisible;

use crate::{failure::Failure, pager};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// As the REST interface has it.
    Json,
    /// RFC 4180, with a line of headings.
    Csv,
    /// The first column alone.
    Name,
}

#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    quiet: bool,
    /// Whether long tables may go through a pager.
    paged: bool,
}

/// Rows of texts below headings.
#[derive(Debug)]
pub(crate) struct Table {
    headings: &'static [&'static str],
    rows: Vec<Vec<String>>,
    /// People read it downwards: a heading and its text on each line.
    is_upright: bool,
}

impl Table {
    pub(crate) fn new(headings: &'static [&'static str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        Self { headings, rows: rows.into_iter().collect(), is_upright: false }
    }

    /// One row of many columns. For people, those without a text are left out.
    pub(crate) fn upright(headings: &'static [&'static str], row: Vec<String>) -> Self {
        Self { headings, rows: vec![row], is_upright: true }
    }
}

impl Output {
    pub(crate) fn new(format: Format, quiet: bool, paged: bool) -> Self {
        Self { format, quiet, paged }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// A person reads it; no program takes it apart.
    pub(crate) fn is_for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// Prints a result: `value` as JSON, else `table`.
    pub(crate) fn show(&self, value: &impl Serialize, table: &Table) -> Result<(), Failure> {
        let text = match self.format {
            Format::Json => format!("{}\n", serde_json::to_string_pretty(value).map_err(io::Error::from)?),
            Format::Table => {
                let text = aligned(table);
                if self.paged && pager::show(&text)? {
                    return Ok(());
                }
                text
            }
            Format::Csv => csv(table),
            Format::Name => {
                table.rows.iter().filter_map(|row| row.first()).map(|name| format!("{}\n", one_line(name))).collect()
            }
        };
        print(&text)
    }

    /// One line of what goes on, as it is: an event.
    pub(crate) fn line(&self, value: &impl Serialize, text: &str) -> Result<(), Failure> {
        if self.is_json() {
            return print(&format!("{}\n", serde_json::to_string(value).map_err(io::Error::from)?));
        }
        print(&format!("{}\n", one_line(text)))
    }

    /// The headings of rows that come one by one.
    pub(crate) fn headings(&self, headings: &[&str]) -> Result<(), Failure> {
        if self.format == Format::Csv { print(&csv_line(headings)) } else { Ok(()) }
    }

    /// One of them: `value` as JSON, `text` for people. One without a name is not for who reads names.
    pub(crate) fn row(&self, value: &impl Serialize, cells: &[&str], text: &str) -> Result<(), Failure> {
        match (self.format, cells.first()) {
            (Format::Csv, _) => print(&csv_line(cells)),
            (Format::Name, None | Some(&"")) => Ok(()),
            (Format::Name, Some(name)) => print(&format!("{}\n", one_line(name))),
            (Format::Table | Format::Json, _) => self.line(value, text),
        }
    }

    /// Tells the person what was done; scripts have the exit code.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            // A closed standard error does not undo what was done.
            let _ = writeln!(io::stderr(), "{}", shown_lines(text));
        }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether a person watches: progress is shown in one line that changes.
    pub(crate) fn is_watched(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Progress in place of what was shown before it; an empty text takes the line away.
    pub(crate) fn progress(&self, text: &str) {
        if self.is_watched() {
            let _ = write!(io::stderr(), "\r\x1b[K{}", one_line(text));
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Texts come from the server and, through it, from other people: what cannot be seen could move the cursor or deceive.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect()
}

/// The same, line by line.
pub(crate) fn shown_lines(text: &str) -> String {
    text.lines().map(one_line).collect::<Vec<_>>().join("\n")
}

/// Columns as wide as their widest text; nothing where there are no rows, so that a script sees no line.
fn aligned(table: &Table) -> String {
    if table.rows.is_empty() {
        return String::new();
    }
    let headings: Vec<String> = table.headings.iter().map(|heading| heading.to_uppercase()).collect();
    let lines: Vec<Vec<String>> = if table.is_upright {
        let cells = table.rows.iter().flat_map(|row| headings.iter().zip(row)).filter(|(_, text)| !text.is_empty());
        cells.map(|(heading, text)| vec![heading.clone(), one_line(text)]).collect()
    } else {
        let rows = std::iter::once(&headings).chain(&table.rows);
        rows.map(|row| row.iter().map(|text| one_line(text)).collect()).collect()
    };
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|text| text.chars().count()).max();
    let widths: Vec<usize> = (0..table.headings.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn csv(table: &Table) -> String {
    table.rows.iter().fold(csv_line(table.headings), |text, row| text + &csv_line(row))
}

fn csv_line(cells: &[impl AsRef<str>]) -> String {
    let cell = |text: &str| {
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let cells: Vec<String> = cells.iter().map(|text| cell(text.as_ref())).collect();
    format!("{}\r\n", cells.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |name: &str, reason: &str| vec![name.to_owned(), reason.to_owned()];
        Table::new(&["name", "reason"], [row("lab", "a, \"b\""), row("Übung", "x\x1b[2J\ny")])
    }

    #[test]
    fn columns_are_aligned_and_nothing_in_them_moves_the_cursor() {
        assert_eq!(aligned(&table()), "NAME   REASON\nlab    a, \"b\"\nÜbung  x [2J y\n");
        assert_eq!(aligned(&Table::new(&["name"], [])), "");
    }

    #[test]
    fn one_row_of_many_columns_is_read_downwards() {
        let row = ["7", "", "a\nb"].map(str::to_owned).into();
        let table = Table::upright(&["id", "host", "reason"], row);
        assert_eq!(aligned(&table), "ID      7\nREASON  a b\n");
        assert_eq!(csv(&table), "id,host,reason\r\n7,,\"a\nb\"\r\n");
    }

    #[test]
    fn csv_is_quoted_where_it_must_be() {
        assert_eq!(csv(&table()), "name,reason\r\nlab,\"a, \"\"b\"\"\"\r\nÜbung,\"x\x1b[2J\ny\"\r\n");
    }
}
