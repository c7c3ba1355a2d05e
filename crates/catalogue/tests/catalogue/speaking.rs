//! What messages become: plurals, decimals, fallbacks.

use catalogue::{Language, Part, Value, parts, say_in, t};

fn german(key: &str, arguments: &[(&'static str, Value<'_>)]) -> String {
    say_in(Language::German, key, arguments)
}

#[test]
fn outside_of_a_request_english_is_spoken() {
    assert_eq!(t!("common-cancel"), "Cancel");
}

#[test]
fn one_is_not_many_in_either_language() {
    let said = [0, 1, 2, 21].map(|n| t!("common-nodes", n = n));
    assert_eq!(said, ["0 nodes", "1 node", "2 nodes", "21 nodes"]);
    let said = [0, 1, 2].map(|n| german("time-days-ago", &[("n", n.into())]));
    assert_eq!(said, ["vor 0 Tagen", "vor 1 Tag", "vor 2 Tagen"]);
}

#[test]
fn german_decimals_have_a_comma() {
    let arguments = [("n", Value::from(1.5))];
    assert_eq!(say_in(Language::English, "amount-gib", &arguments), "1.5 GiB");
    assert_eq!(german("amount-gib", &arguments), "1,5 GiB");
    assert_eq!(german("amount-gib", &[("n", 2.into())]), "2 GiB");
}

#[test]
fn a_fixed_number_of_decimals_stays_in_both() {
    let arguments = [("n", catalogue::decimal(2.0, 1))];
    assert_eq!(say_in(Language::English, "time-seconds", &arguments), "2.0 s");
    assert_eq!(german("time-seconds", &arguments), "2,0 s");
}

#[test]
fn texts_are_given_as_they_are_without_marks_around_them() {
    assert_eq!(t!("terminals-of", name = "lab"), "Terminals of lab");
    assert_eq!(t!("terminals-of", name = "{ $x } 1.5"), "Terminals of { $x } 1.5", "what is given is never a pattern");
}

#[test]
fn what_nobody_knows_is_said_as_its_key() {
    for language in Language::ALL {
        assert_eq!(say_in(language, "nowhere-to-be-found", &[]), "nowhere-to-be-found");
    }
    assert_eq!(german("problem-of-a-code-from-tomorrow", &[]), "problem-of-a-code-from-tomorrow");
}

#[test]
fn an_argument_that_is_missing_never_shows_as_a_hole() {
    // `t!` does not compile without it; a caller that goes around it gets the key, which shows on the page.
    assert_eq!(german("terminals-of", &[]), "terminals-of");
}

#[test]
fn marks_stand_around_the_same_in_each_language() {
    let said = Language::ALL.map(|language| say_in(language, "vcluster-delete-confirm", &[("name", "lab".into())]));
    for text in said {
        assert!(parts(&text).contains(&Part::Marked { name: "b".into(), text: "lab".into() }), "{text}");
    }
}
