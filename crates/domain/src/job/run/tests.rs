//! The rules of a script's surroundings, and of what is tried again.

use super::*;

fn environment(variables: &[(&str, &str)]) -> Result<Environment, String> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Environment::parse(&variables).map_err(|Violation { field, message }| {
        assert_eq!(field, "environment");
        message
    })
}

#[test]
fn an_environment_has_names_that_a_shell_can_read_and_values_of_text() {
    let read =
        environment(&[("_a1", ""), ("PATH", "/bin"), ("TEXT", "one\n\ttwo ű \"$x\"\\"), ("JOB", "none of ours")]);
    let read = read.expect("good variables");
    assert!(!read.is_empty() && Environment::default().is_empty());
    let names: Vec<_> = read.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["JOB", "PATH", "TEXT", "_a1"]);
    let (long_name, long_value) = ("A".repeat(128), "ű".repeat(4000));
    assert!(environment(&[(&*long_name, &*long_value)]).is_ok());
    assert!(environment(&[("A", &*"🎓".repeat(4000))]).is_ok(), "one value alone is never too long for all");
}

#[test]
fn a_variable_that_cannot_be_is_refused_with_its_name() {
    let (long_name, long_value) = ("A".repeat(129), "x".repeat(4001));
    for (name, value, rule) in [
        ("", "x", "must have names of letters, digits and '_' that begin with no digit, not \"\""),
        ("1A", "x", "must have names of letters, digits and '_' that begin with no digit, not \"1A\""),
        ("A-B", "x", "must have names of letters, digits and '_' that begin with no digit, not \"A-B\""),
        ("Ä", "x", "must have names of letters, digits and '_' that begin with no digit, not \"Ä\""),
        ("A=B", "x", "must have names of letters, digits and '_' that begin with no digit, not \"A=B\""),
        (&*long_name, "x", "must have names of at most 128 characters, not AAAA"),
        ("JOB_ID", "x", "must have no name that begins with JOB_, as JOB_ID does"),
        ("A", &*long_value, "must have values of at most 4000 characters, unlike A"),
        ("A", "\0", "must have values without control characters other than tab and line feed, unlike A"),
        ("A", "\u{85}", "must have values without control characters other than tab and line feed, unlike A"),
        ("A", "a\r\nb", "must have values without control characters other than tab and line feed, unlike A"),
    ] {
        let said = environment(&[(name, value)]).expect_err(name);
        assert!(said.starts_with(rule), "{name:?}: {said}");
    }
}

#[test]
fn an_environment_is_small_enough_to_be_handed_on() {
    let many = |count: usize, value: &str| {
        let all: BTreeMap<_, _> = (0..count).map(|at| (format!("A{at}"), value.to_owned())).collect();
        Environment::parse(&all).map_err(|fault| fault.message)
    };
    assert!(many(100, "x").is_ok());
    assert_eq!(many(101, "x"), Err("must have at most 100 variables".to_owned()));
    assert!(many(4, &"x".repeat(4000)).is_ok());
    let too_long = Err("must have at most 16 KiB together, written as JSON".to_owned());
    assert_eq!(many(5, &"x".repeat(4000)), too_long);
    assert_eq!(many(3, &"\n".repeat(4000)), too_long, "JSON doubles them");
}

#[test]
fn a_directory_is_a_path_of_the_home_or_an_absolute_one() {
    for (text, absolute) in
        [("runs/of today", "/root/runs/of today"), ("/scratch/", "/scratch/"), (".", "/root/."), ("a%j", "/root/a%j")]
    {
        let directory: Directory = text.parse().expect("a directory");
        assert_eq!((directory.as_str(), directory.absolute()), (text, absolute.to_owned()));
    }
    assert!("ű".repeat(200).parse::<Directory>().is_ok());
    for (text, rule) in [
        ("", "must not be empty; leave it out to begin in the home"),
        (&*"x".repeat(201), "must have at most 200 characters"),
        ("a\nb", "must not have control characters"),
        ("a\0", "must not have control characters"),
    ] {
        assert_eq!(text.parse::<Directory>(), Err(Violation::new("directory", rule)), "{text:?}");
    }
}

#[test]
fn retries_are_few_and_name_codes_that_a_program_can_exit_with() {
    let retries = Retries::parse(10, &[1, 75, 255], true).expect("good rules");
    assert_eq!((retries.most(), retries.exit_codes(), retries.host_lost()), (10, &[1, 75, 255][..], true));
    assert_eq!(Retries::parse(0, &[], false), Ok(Retries::default()));
    assert!(Retries::parse(1, &[7; 32], false).is_ok());
    let few = "must be between 0 and 10";
    let codes = "must name exit codes between 1 and 255";
    for (most, exit_codes, rule) in [
        (11, vec![], few),
        (-1, vec![], few),
        (256, vec![], few),
        (i64::MAX, vec![], few),
        (1, vec![0], codes),
        (1, vec![1, 256], codes),
        (1, vec![-1], codes),
        (1, vec![7; 33], "must name at most 32 exit codes"),
    ] {
        assert_eq!(Retries::parse(most, &exit_codes, false), Err(Violation::new("retries", rule)), "{most}");
    }
}

#[test]
fn a_script_is_tried_again_after_the_listed_codes_or_after_any_but_zero() {
    let (any, listed) = (Retries::parse(1, &[], false), Retries::parse(1, &[75, 137], false));
    let (any, listed) = (any.expect("a rule"), listed.expect("a rule"));
    let host_lost = Retries::parse(1, &[], true).expect("a rule");
    for (exit, after_any, after_listed) in [
        (Exit::Code(0), false, false),
        (Exit::Code(1), true, false),
        (Exit::Code(75), true, true),
        (Exit::Signal(9), true, true),
        (Exit::Signal(15), true, false),
    ] {
        assert_eq!((any.after(exit), listed.after(exit)), (after_any, after_listed), "{exit:?}");
        assert!(!host_lost.after(exit), "only where its host is lost");
    }
}

#[test]
fn tags_are_short_words_in_small_letters() {
    let tags = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Tag::parse_all(&texts).map(|tags| tags.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(
        tags(&["night", "exp:7", "a.b-c_d", "night"]),
        Ok(vec!["a.b-c_d".into(), "exp:7".into(), "night".into()])
    );
    assert_eq!(tags(&[]), Ok(Vec::new()));
    assert!(tags(&[&*"x".repeat(32); 10]).is_ok());
    assert_eq!(tags(&["x"; 11]), Err(Violation::new("tags", "must have at most 10 words")));
    let rule = "must be words of 1 to 32 lower-case letters, digits, '-', '_', '.' and ':'";
    for text in ["", "Night", "a b", "ä", "a/b", &"x".repeat(33)] {
        assert_eq!(tags(&[text]), Err(Violation::new("tags", rule)), "{text:?}");
    }
}
