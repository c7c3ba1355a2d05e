//! Links of documents, good ones and broken ones.

use tidy::links::check;
use tidy::sources::Source;

const SUMMARY: &str = "[Start](README.md)\n- [A](guide/a.md)\n";

fn found(a: &str) -> Vec<String> {
    let documents = [
        Source::new("docs/SUMMARY.md", SUMMARY),
        Source::new("docs/README.md", "# Start\n\n## Two words, and more\n\n## Same\n\n## Same\n"),
        Source::new("docs/guide/a.md", a),
    ];
    let exists = |path: &str| documents.iter().any(|document| document.path == path) || path == "docs/images/a.webp";
    check(&documents, exists).iter().map(ToString::to_string).collect()
}

#[test]
fn good_links_are_passed_over() {
    let text = "[up](../README.md) [part](../README.md#two-words-and-more) [same](../README.md#same-1) [me](#here)\n\n\
        # Here\n\n![picture](../images/a.webp) [far](https://example.org/nowhere)\n\n```sh\n[code](nowhere.md)\n```\n\n`[code](nowhere.md)`\n";
    assert_eq!(found(text), Vec::<String>::new());
}

#[test]
fn a_link_to_nothing_is_named_with_its_line() {
    let findings = found("\n[a](nowhere.md) ![b](../images/b.webp) [c](../README.md#no-such)\n");
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(findings[0].starts_with("docs/guide/a.md:2: the link nowhere.md leads nowhere."), "{findings:?}");
    assert!(findings[2].contains("docs/README.md has no heading"), "{findings:?}");
}

#[test]
fn a_chapter_outside_the_table_of_contents_is_named() {
    let documents = [Source::new("docs/SUMMARY.md", ""), Source::new("docs/b.md", "# B\n")];
    let findings = check(&documents, |_| true);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].to_string().starts_with("docs/b.md: this chapter is not in the book."), "{findings:?}");
    assert!(!check(&[], |_| true).is_empty(), "a book without contents is no success");
}
