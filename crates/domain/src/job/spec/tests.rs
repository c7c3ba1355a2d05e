//! The rules of a job's texts and numbers, and what is made of them.

use super::*;

fn fault<T: FromStr<Err = Violation> + fmt::Debug>(text: &str) -> (String, String) {
    let Violation { field, message } = text.parse::<T>().expect_err("must be refused");
    (field, message)
}

#[test]
fn a_job_s_name_is_a_short_text_that_can_be_seen_and_is_no_path() {
    let name = |text: &str| text.parse::<JobName>().map(|name| name.to_string());
    assert_eq!(name("  train 3, größer 🎓 ").as_deref(), Ok("train 3, größer 🎓"));
    assert!(name(&"ű".repeat(64)).is_ok());
    assert_eq!(fault::<JobName>(" \t"), ("name".into(), "must not be empty".into()));
    assert_eq!(fault::<JobName>(&"x".repeat(65)).1, "must have at most 64 characters");
    for text in ["a/b", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{0}"] {
        assert_eq!(fault::<JobName>(text).1, "must not have '/' or characters that cannot be seen", "{text:?}");
    }
}

#[test]
fn a_script_that_names_no_interpreter_is_read_by_the_shell() {
    let runnable = |text: &str| text.parse::<Script>().map(|script| script.runnable());
    assert_eq!(runnable("#!/bin/bash\n\techo ű\n").as_deref(), Ok("#!/bin/bash\n\techo ű\n"));
    assert_eq!(runnable("echo 1\n").as_deref(), Ok("#!/bin/sh\necho 1\n"));
    assert_eq!(runnable("# a remark\n").as_deref(), Ok("#!/bin/sh\n# a remark\n"));
}

#[test]
fn a_script_the_kernel_or_the_shell_would_stumble_over_is_refused_with_a_remedy() {
    assert!("x".repeat(Script::LONGEST).parse::<Script>().is_ok());
    for (text, rule) in [
        (" \n\t", "must not be empty"),
        (&*"x".repeat(Script::LONGEST + 1), "must have at most 48 KiB; put what is longer into a file of your home"),
        ("\u{feff}#!/bin/sh\n", "must not have a byte order mark (U+FEFF); save it as UTF-8 without one"),
        ("#!/bin/sh\r\necho\r\n", "must have lines that end as on Linux (LF), not as on Windows (CR LF); convert it"),
        ("echo \u{0}", "must not have control characters"),
        ("echo \u{1b}[31m", "must not have control characters"),
    ] {
        let (field, message) = fault::<Script>(text);
        assert_eq!(field, "script");
        assert!(message.starts_with(rule), "{message}");
    }
}

#[test]
fn a_time_limit_is_between_a_second_and_thirty_days() {
    for good in [1, 3600, 2_592_000] {
        assert_eq!(TimeLimit::parse(good).map(|limit| i64::from(limit.seconds())), Ok(good));
    }
    for bad in [0, -1, 2_592_001, i64::MAX, i64::MIN, 1 << 32] {
        let rule = "must be between 1 and 2592000 seconds (30 days)";
        assert_eq!(TimeLimit::parse(bad), Err(Violation::new("time_limit_s", rule)), "{bad}");
    }
}

/// The fourth element of an array, on a host.
fn filled(text: &str, name: &str) -> String {
    let (number, array) = (JobId::try_from(17_i64).ok(), JobId::try_from(12_i64).expect("a number"));
    let (name, worker) = (name.parse().expect("a name"), "hera".parse().expect("a host"));
    let known = Known { number, array, index: Some(4), name: &name, worker: Some(&worker) };
    text.parse::<OutputPath>().expect("a pattern").of(&known)
}

#[test]
fn an_output_is_a_file_of_the_home_or_an_absolute_one_with_numbers_and_names_filled_in() {
    for (text, path) in [
        (OutputPath::USUAL, "/root/job-17.out"),
        (OutputPath::USUAL_OF_ARRAY, "/root/job-12_4.out"),
        ("logs/%x/%j.out", "/root/logs/100%j/17.out"),
        ("/tmp/out", "/tmp/out"),
        ("%%j%%%j%%", "/root/%j%17%"),
        ("%%A%%%A%N", "/root/%A%12hera"),
        ("ű b", "/root/ű b"),
    ] {
        assert_eq!(filled(text, "100%j"), path, "{text}");
    }
}

#[test]
fn what_is_not_known_of_a_job_stays_in_its_output_s_path_as_it_is_written() {
    let (name, array) = ("train".parse().expect("a name"), JobId::try_from(12_i64).expect("a number"));
    let known = Known { number: None, array, index: None, name: &name, worker: None };
    let output: OutputPath = "%A/%j_%a.%N%%".parse().expect("a pattern");
    assert_eq!(output.of(&known), "/root/12/%j_%a.%N%");
}

#[test]
fn the_owner_s_name_is_filled_in_first() {
    let ada = "ada".parse().expect("a name");
    for (text, of_ada) in [("%u/%%u%%%u-%j", "ada/%%u%%ada-%j"), ("%x", "%x")] {
        assert_eq!(text.parse::<OutputPath>().expect("a pattern").of_user(&ada).as_str(), of_ada);
    }
}

#[test]
fn an_output_that_names_no_file_is_refused() {
    const LETTERS: &str =
        "may use %j (the number), %A (the array's), %a (the index), %x (the name), %N (the host), %u (you) and %% only";
    assert!("ű".repeat(OutputPath::LONGEST).parse::<OutputPath>().is_ok());
    for (text, rule) in [
        ("", "must name a file"),
        ("logs/", "must name a file"),
        (&*"x".repeat(201), "must have at most 200 characters"),
        ("a\nb", "must not have control characters"),
        ("a\u{0}", "must not have control characters"),
        ("%", LETTERS),
        ("%%%", LETTERS),
        ("job-%J.out", LETTERS),
        ("%%%0", LETTERS),
    ] {
        assert_eq!(fault::<OutputPath>(text), ("output".into(), rule.into()), "{text:?}");
    }
}

#[test]
fn an_output_is_a_path_that_the_kernel_takes_whatever_the_name() {
    let longest = format!("{}%x%x%x", "🎓".repeat(OutputPath::LONGEST - 6));
    let (number, name) =
        (JobId::try_from(i64::MAX).expect("a number"), "🎓".repeat(JobName::LONGEST).parse().expect("a name"));
    let known = Known { number: Some(number), array: number, index: Some(9_999_999), name: &name, worker: None };
    for text in [&longest, &"%j".repeat(OutputPath::LONGEST / 2), &"%A".repeat(OutputPath::LONGEST / 2)] {
        assert!(text.parse::<OutputPath>().expect("a pattern").of(&known).len() < 4096);
    }
    assert_eq!(fault::<OutputPath>("%x%%x%x-%x-%x").1, "may use %x, %N and %u at most 3 times together");
    assert_eq!(fault::<OutputPath>("%x%N%u%x").1, "may use %x, %N and %u at most 3 times together");
    assert!("%x%%x%x-%x".parse::<OutputPath>().is_ok());
}
