//! Links inside the documents: every one leads to a file, and to a heading if it says so; every chapter is in the book.
//! Knows Markdown as far as we write it.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::sources::Source;

/// The book's table of contents; what lies below its folder is a chapter.
const SUMMARY: &str = "docs/SUMMARY.md";

/// One link in a document.
#[derive(Debug, PartialEq, Eq)]
struct Link<'a> {
    line: usize,
    target: &'a str,
}

/// Holds every link of these documents against them and against the files there are.
pub fn check(documents: &[Source], exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in documents {
        for link in links(&document.text) {
            if let Some(what) = fault(document, &link, documents, &exists) {
                let place = format!("{}:{}", document.path, link.line);
                findings.push(Finding::new(place, what, "Correct the link, or the heading it means."));
            }
        }
    }
    findings.extend(outside_the_book(documents));
    findings
}

fn fault(document: &Source, link: &Link<'_>, documents: &[Source], exists: impl Fn(&str) -> bool) -> Option<String> {
    let is_elsewhere = link.target.contains("://") || link.target.starts_with("mailto:");
    if is_elsewhere {
        return None;
    }
    let (file, heading) = link.target.split_once('#').map_or((link.target, None), |(file, part)| (file, Some(part)));
    let path = if file.is_empty() { document.path.clone() } else { resolve(&document.path, file) };
    if !exists(&path) {
        return Some(format!("the link {} leads nowhere.", link.target));
    }
    let heading = heading?;
    let page = documents.iter().find(|page| page.path == path)?;
    (!headings(&page.text).contains(heading)).then(|| format!("{path} has no heading for the link {}.", link.target))
}

/// Chapters that the table of contents does not name would not be in the book.
fn outside_the_book(documents: &[Source]) -> Vec<Finding> {
    let Some(summary) = documents.iter().find(|document| document.path == SUMMARY) else {
        return vec![Finding::new(SUMMARY, "the book has no table of contents.", "Restore it.")];
    };
    let named: BTreeSet<String> = links(&summary.text).iter().map(|link| resolve(SUMMARY, link.target)).collect();
    let chapters = documents.iter().filter(|page| page.path.starts_with("docs/") && page.path != SUMMARY);
    chapters
        .filter(|page| !named.contains(&page.path))
        .map(|page| Finding::new(&page.path, "this chapter is not in the book.", "Name it in docs/SUMMARY.md."))
        .collect()
}

/// `[text](target)` and images, outside of code.
fn links(text: &str) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    for (number, line) in outside_blocks(text) {
        for (place, _) in line.match_indices("](") {
            let in_code = line[..place].matches('`').count() % 2 == 1;
            let target = line[place + 2..].split([')', ' ']).next().unwrap_or_default();
            if !in_code && !target.is_empty() {
                found.push(Link { line: number, target });
            }
        }
    }
    found
}

/// Lines with their numbers, without fenced blocks.
fn outside_blocks(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_block = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        !in_block && !is_fence
    })
}

/// The names by which a page's headings are reached, as mdBook and the forges make them.
fn headings(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, line) in outside_blocks(text) {
        let words = line.trim_start_matches('#');
        if words.len() == line.len() || !words.starts_with(' ') {
            continue;
        }
        let name = anchor(words.trim());
        // The second of two equal headings gets a number.
        let numbered = (1..).map(|number| format!("{name}-{number}")).find(|name| !names.contains(name));
        let name = if names.contains(&name) { numbered.unwrap_or(name) } else { name };
        names.insert(name);
    }
    names
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// A path as written in the document `from`, from the root.
fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
