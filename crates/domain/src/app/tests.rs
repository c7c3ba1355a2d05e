//! Apps as values: labels, names, titles, ports.

use std::collections::HashSet;

use uuid::Uuid;

use super::*;

fn app(kind: AppKind) -> App {
    App {
        id: AppId::new(Uuid::from_u128(1)),
        label: AppLabel::from_random(7),
        vcluster: VclusterId::new(Uuid::from_u128(2)),
        owner: UserId::new(Uuid::from_u128(3)),
        node: NodeName::new(1),
        node_id: NodeId::new(Uuid::from_u128(4)),
        port: 8050,
        kind,
        name: None,
        pinned: false,
        enabled: true,
        process: None,
        created_at: DateTime::UNIX_EPOCH,
    }
}

#[test]
fn every_drawn_label_is_a_label_and_all_bits_count() {
    let drawn: HashSet<String> = (0..64)
        .map(|bit| AppLabel::from_random(1 << bit))
        .chain([AppLabel::from_random(u64::MAX), AppLabel::from_random(0)])
        .map(|label| {
            assert_eq!(label.as_str().parse::<AppLabel>().expect("a label"), label);
            label.to_string()
        })
        .collect();
    // The top bits are more than a label can hold; those below 2^49 each make another one.
    assert!(drawn.len() > 49, "{}", drawn.len());
}

#[test]
fn a_label_counts_in_letters_first_and_then_in_letters_and_digits() {
    for (bits, label) in [
        (0, "aaaaaaaaaa"),
        (25, "zaaaaaaaaa"),
        (26, "abaaaaaaaa"),
        (26 * 32 - 1, "z7aaaaaaaa"),
        (26 * 32, "aabaaaaaaa"),
        (26 * 32 * 32 * 31, "aaa7aaaaaa"),
    ] {
        assert_eq!(String::from(AppLabel::from_random(bits)), label, "{bits}");
    }
}

#[test]
fn what_is_no_label_is_refused() {
    for text in ["", "abcdefghi", "abcdefghijk", "2bcdefghij", "Abcdefghij", "abcdefghi1", "abcdefghi-", "abcde.ghij"] {
        assert!(text.parse::<AppLabel>().is_err(), "{text}");
    }
    assert!("abcdefgh27".parse::<AppLabel>().is_ok());
}

#[test]
fn names_are_trimmed_and_kept_in_any_script() {
    let name: AppName = "  Übersicht 主机 ".parse().expect("a name");
    assert_eq!((name.as_str(), String::from(name.clone()).as_str()), ("Übersicht 主机", "Übersicht 主机"));
    assert!("ü".repeat(40).parse::<AppName>().is_ok());
    assert!(" ".parse::<AppName>().is_err());
    assert!("n".repeat(41).parse::<AppName>().is_err());
    for hidden in ['\n', '\u{202e}', '\u{200b}', '\u{7f}'] {
        let refused = format!("a{hidden}b").parse::<AppName>().expect_err("invisible");
        assert!(refused.message.contains("U+"), "{refused}");
    }
}

#[test]
fn process_names_are_cleaned_and_bounded() {
    assert_eq!(clean_process("py\u{1b}[31mthon\u{202e}3\n").as_deref(), Some("py[31mthon3"));
    assert_eq!(clean_process("\n\t "), None);
    let long = clean_process(&"ü".repeat(1000)).expect("a name");
    assert!(long.len() <= LONGEST_PROCESS && long.len() > LONGEST_PROCESS - 2);
}

#[test]
fn titles_say_the_best_that_is_known() {
    let jupyter = app(AppKind::Jupyter);
    assert_eq!(jupyter.title(), "JupyterLab");
    let port = app(AppKind::Port);
    assert_eq!(port.title(), "node-1:8050");
    assert_eq!(App { process: Some("python3".into()), ..port.clone() }.title(), "python3:8050");
    assert_eq!(App { name: Some("Board".parse().expect("a name")), ..jupyter }.title(), "Board");
}

#[test]
fn the_owners_word_keeps_an_app() {
    let port = app(AppKind::Port);
    assert!(!port.is_kept() && !port.is_listed_when_silent());
    let named = App { name: Some("Board".parse().expect("a name")), ..port.clone() };
    for kept in [app(AppKind::Jupyter), App { pinned: true, ..port.clone() }, named] {
        assert!(kept.is_kept() && kept.is_listed_when_silent(), "{kept:?}");
    }
    let off = App { enabled: false, ..port };
    assert!(off.is_kept() && !off.is_listed_when_silent(), "its label and its switch are kept");
}

#[test]
fn ports_outside_the_range_and_the_nodes_sshd_are_no_apps() {
    assert_eq!(parse_port(8050), Ok(8050));
    assert_eq!(parse_port(65535), Ok(65535));
    for port in [0, -1, 65536, i64::MAX, 22] {
        assert_eq!(parse_port(port).expect_err("no app").field, "port", "{port}");
    }
    assert!(parse_port(22).expect_err("no app").message.contains("SSH"), "it is a port, and the text says which");
}
