//! The catalogue beside the source that uses it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use catalogue::Language;

/// Keys that are made from a code of the server's, so that no source names them whole.
const BY_CODE: &str = "problem-";

/// Where texts for people are written.
const SPEAKING: [&str; 2] = ["app/src", "crates/terminal/src"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder of source") {
        let path = entry.expect("its files can be listed").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("source is text");
            found.push((path, text));
        }
    }
}

fn keys() -> BTreeSet<&'static str> {
    let lines = catalogue::sources(Language::English).iter().flat_map(|source| source.lines());
    let messages = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    messages.filter_map(|line| line.split_once(" =")).map(|(key, _)| key).collect()
}

#[test]
fn every_message_is_said_somewhere() {
    let mut all = Vec::new();
    for folder in ["app/src", "crates/terminal/src", "server/src"] {
        sources(&root().join(folder), &mut all);
    }
    let used = |key: &&str| all.iter().any(|(_, text)| text.contains(&format!("\"{key}\"")));
    let unused: Vec<_> = keys().into_iter().filter(|key| !key.starts_with(BY_CODE) && !used(key)).collect();
    assert!(unused.is_empty(), "no source uses these; delete them: {unused:?}");
}

#[test]
fn no_page_speaks_past_the_catalogue() {
    let mut all = Vec::new();
    SPEAKING.iter().for_each(|folder| sources(&root().join(folder), &mut all));
    all.retain(|(path, _)| !path.ends_with("tests.rs"));
    assert!(all.len() > 50, "the source is found");
    let mut past = Vec::new();
    for (path, text) in &all {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in product.lines().enumerate() {
            past.extend(spoken(line).map(|said| format!("{}:{}: {said}", path.display(), number + 1)));
        }
    }
    assert!(past.is_empty(), "write these with t!, see crates/catalogue/README.md:\n{}", past.join("\n"));
}

/// A text for people that is written out where a view has one: as a child, or in an attribute that is read out or shown.
fn spoken(line: &str) -> Option<&str> {
    let line = line.trim();
    if line.starts_with("//") {
        return None;
    }
    let attribute = ["aria-label=\"", "title=\"", "placeholder=\"", "label=\"", "alt=\"", "hint=\"", "meaning=\""];
    let begun = attribute.iter().chain([&">\""]).filter_map(|before| line.split_once(before)).map(|(_, rest)| rest);
    let alone = line.strip_prefix('"').filter(|rest| rest.ends_with('"') && !rest.contains("=>"));
    let mut texts = begun.chain(alone).filter_map(|rest| rest.split('"').next());
    texts.find(|text| speaks(text))
}

/// A word of people begins with a capital or stands among others; the name of the product and of keys need no translation.
fn speaks(text: &str) -> bool {
    let same_in_all = ["Docklet", "Esc", "Tab", "Ctrl"];
    let letters = text.chars().filter(|character| character.is_alphabetic()).count();
    let sentence =
        text.trim().split(' ').filter(|word| word.chars().all(|c| c.is_alphabetic() || ".,…?'".contains(c))).count();
    let capital = text.trim_start().starts_with(|first: char| first.is_uppercase());
    letters > 1 && !same_in_all.contains(&text.trim()) && (capital || sentence > 1) && !text.contains("://")
}

#[test]
fn what_speaks_past_the_catalogue_is_seen() {
    for line in
        [r#"<button>"Sign in"</button>"#, r#"aria-label="More actions""#, r#""Add node""#, r#"<dt>"Image"</dt>"#]
    {
        assert!(spoken(line).is_some(), "{line}");
    }
    for line in
        [r#"<Logo/> "Docklet""#, r#"class="button is-primary""#, r#"// <b>"Text"</b>"#, r#"" · ""#, r#""span-6""#]
    {
        assert_eq!(spoken(line), None, "{line}");
    }
}
