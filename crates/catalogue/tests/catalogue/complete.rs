//! Both languages have the same messages, with the same arguments and marks, under the same file's name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use catalogue::{Language, Part, parts};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

/// What a message needs and holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    arguments: BTreeSet<String>,
    marks: BTreeSet<String>,
}

/// Every message of one language by file and key.
fn messages(language: Language) -> BTreeMap<(String, String), Shape> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("text").join(language.tag());
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).expect("the language has a folder") {
        let path = entry.expect("its files can be listed").path();
        let file = path.file_stem().expect("files have names").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a text file");
        let resource = fluent_syntax::parser::parse(text.as_str())
            .unwrap_or_else(|(_, faults)| panic!("{} cannot be parsed: {faults:?}", path.display()));
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let pattern = message.value.unwrap_or_else(|| panic!("{} of {file} has no text", message.id.name));
            let mut shape = Shape::default();
            look_into(&pattern, &mut shape);
            let before = found.insert((file.clone(), message.id.name.to_owned()), shape);
            assert!(before.is_none(), "{} is there twice in {}", message.id.name, path.display());
        }
    }
    found
}

fn look_into(pattern: &Pattern<&str>, shape: &mut Shape) {
    let mut text = String::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => text.push_str(value),
            PatternElement::Placeable { expression } => {
                text.push('x');
                look_at(expression, shape);
            }
        }
    }
    shape.marks.extend(parts(&text).into_iter().filter_map(|part| match part {
        Part::Marked { name, .. } => Some(name),
        Part::Text(_) => None,
    }));
}

fn look_at(expression: &Expression<&str>, shape: &mut Shape) {
    match expression {
        Expression::Inline(inline) => argument(inline, shape),
        Expression::Select { selector, variants } => {
            argument(selector, shape);
            variants.iter().for_each(|variant| look_into(&variant.value, shape));
        }
    }
}

fn argument(inline: &InlineExpression<&str>, shape: &mut Shape) {
    match inline {
        InlineExpression::VariableReference { id } => {
            shape.arguments.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => look_at(expression, shape),
        InlineExpression::StringLiteral { .. } => {}
        other => panic!("terms, functions and references are not used in this catalogue: {other:?}"),
    }
}

#[test]
fn every_language_says_everything_with_the_same_arguments_and_marks() {
    let english = messages(Language::English);
    assert!(english.len() > 100, "the catalogue is found");
    for language in Language::ALL {
        let here = messages(language);
        let missing: Vec<_> = english.keys().filter(|key| !here.contains_key(*key)).collect();
        let surplus: Vec<_> = here.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(missing.is_empty(), "{} does not have: {missing:?}", language.name());
        assert!(surplus.is_empty(), "{} has what English does not: {surplus:?}", language.name());
        for (key, shape) in &english {
            assert_eq!(here.get(key), Some(shape), "{key:?} in {}", language.name());
        }
    }
}

#[test]
fn a_key_begins_with_the_name_of_its_file() {
    for (file, key) in messages(Language::English).into_keys() {
        assert!(key.starts_with(&format!("{file}-")), "{key} stands in {file}.ftl");
    }
}

#[test]
fn no_key_is_taken_in_two_files() {
    let mut seen = BTreeSet::new();
    for (file, key) in messages(Language::English).into_keys() {
        assert!(seen.insert(key.clone()), "{key} is there twice; the second time in {file}.ftl");
    }
}

#[test]
fn german_is_not_english_left_over() {
    let (english, german) = (sentences(Language::English), sentences(Language::German));
    let same: Vec<_> = english.iter().filter(|(key, text)| german.get(*key) == Some(text)).collect();
    assert!(same.is_empty(), "sentences that are the same in both languages: {same:?}");
}

/// The plain texts of three words or more: names and units are often the same in both languages.
fn sentences(language: Language) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for source in catalogue::sources(language) {
        let plain = source.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
        for (key, text) in plain.filter_map(|line| line.split_once(" = ")) {
            let words = text.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic) && word.len() > 1);
            if words.count() > 2 {
                found.insert(key.to_owned(), text.to_owned());
            }
        }
    }
    found
}
