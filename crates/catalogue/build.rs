//! Turns text/en/*.ftl into what `t!` is checked against: the key of each message with the names of its arguments, and the
//! list of files. Knows only as much of Fluent as that needs; the tests read it properly.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What only the server says, on pages without our script: browsers need not load it.
const SERVER_ONLY: [&str; 2] = ["app-page", "oidc"];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("cargo runs this"))?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo runs this"))?);
    println!("cargo::rerun-if-changed=text");
    let english = files(&root.join("text/en"))?;
    fs::write(out.join("keys.rs"), keys(&english)?)?;
    let mut sources = String::new();
    for language in ["en", "de"] {
        let _ = writeln!(sources, "pub(crate) const {}: &[&str] = &[", language.to_uppercase());
        for file in files(&root.join("text").join(language))? {
            let elsewhere = file.file_stem().is_some_and(|area| SERVER_ONLY.iter().any(|it| area == *it));
            let where_said = if elsewhere { "#[cfg(not(target_family = \"wasm\"))] " } else { "" };
            let _ = writeln!(sources, "    {where_said}include_str!({:?}),", file.display().to_string());
        }
        let _ = writeln!(sources, "];");
    }
    fs::write(out.join("sources.rs"), sources)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "ftl"));
    files.sort();
    Ok(files)
}

/// A macro with one arm per message: `("key") => { &["argument", …] }`.
fn keys(files: &[PathBuf]) -> io::Result<String> {
    let mut arms = String::new();
    for file in files {
        let text = fs::read_to_string(file)?;
        for (key, arguments) in messages(&text) {
            let names: Vec<&str> = arguments.into_iter().collect();
            let _ = writeln!(arms, "    ({key:?}) => {{ &{names:?} }};");
        }
    }
    let otherwise = "    ($other:tt) => { compile_error!(concat!(\"there is no message \", $other, \" in crates/catalogue/text/en\")) };";
    Ok(format!("#[doc(hidden)]\n#[macro_export]\nmacro_rules! arguments_of {{\n{arms}{otherwise}\n}}\n"))
}

/// A message begins with its key at the beginning of a line and goes on until the next one.
fn messages(text: &str) -> Vec<(&str, BTreeSet<&str>)> {
    let mut found: Vec<(&str, BTreeSet<&str>)> = Vec::new();
    for line in text.lines() {
        if line.starts_with(|first: char| first.is_ascii_lowercase())
            && let Some((key, _)) = line.split_once(" =")
        {
            found.push((key, BTreeSet::new()));
        }
        if let Some((_, arguments)) = found.last_mut().filter(|_| !line.starts_with('#')) {
            arguments.extend(names(line));
        }
    }
    found
}

fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split('$').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}
