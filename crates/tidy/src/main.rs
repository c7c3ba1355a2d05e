//! Runs every check over this repository and prints what it finds; the exit code says whether there was something.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use tidy::finding::Finding;
use tidy::sizes::Allowed;
use tidy::{arrows, browser, headings, licences, links, reasons, sizes, sources, workspace};

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let (report, code) = match findings() {
        Ok(findings) if findings.is_empty() => (String::new(), ExitCode::SUCCESS),
        Ok(findings) => (lines(&findings), ExitCode::FAILURE),
        Err(error) => (format!("tidy could not look: {error}\n"), ExitCode::FAILURE),
    };
    // A reader that has gone away must not turn a finding into a success.
    if out.write_all(report.as_bytes()).is_err() { ExitCode::FAILURE } else { code }
}

fn findings() -> Result<Vec<Finding>, Box<dyn Error>> {
    let workspace = workspace::load()?;
    let sources = sources::read(&workspace.root)?;
    let allowed = Allowed::parse(&fs::read_to_string(workspace.root.join("crates/tidy/sizes.toml"))?)?;
    let (measures, unreadable) = sizes::measure(&sources);

    let mut findings = arrows::check(&workspace.members);
    findings.extend(browser::check(&browser::read(&workspace.root)?));
    findings.extend(licences::check(&workspace.foreign));
    findings.extend(reasons::check(&fs::read_to_string(workspace.root.join("Cargo.toml"))?, &workspace.members));
    findings.extend(headings::check(&sources));
    findings.extend(links::check(&sources::documents(&workspace.root)?, |path| workspace.root.join(path).is_file()));
    findings.extend(unreadable);
    findings.extend(sizes::check(&measures, &allowed));
    Ok(findings)
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}
