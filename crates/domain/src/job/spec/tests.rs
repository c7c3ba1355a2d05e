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

#[test]
fn an_output_is_a_file_of_the_home_or_an_absolute_one_with_number_and_name_filled_in() {
    let id = JobId::try_from(17_i64).expect("a number");
    let name: JobName = "100%j".parse().expect("a name");
    for (text, path) in [
        (OutputPath::USUAL, "/root/job-17.out"),
        ("logs/%x/%j.out", "/root/logs/100%j/17.out"),
        ("/tmp/out", "/tmp/out"),
        ("%%j%%%j%%", "/root/%j%17%"),
        ("ű b", "/root/ű b"),
    ] {
        assert_eq!(text.parse::<OutputPath>().map(|output| output.of(id, &name)).as_deref(), Ok(path), "{text}");
    }
}

#[test]
fn an_output_that_names_no_file_is_refused() {
    assert!("ű".repeat(OutputPath::LONGEST).parse::<OutputPath>().is_ok());
    for (text, rule) in [
        ("", "must name a file"),
        ("logs/", "must name a file"),
        (&*"x".repeat(201), "must have at most 200 characters"),
        ("a\nb", "must not have control characters"),
        ("a\u{0}", "must not have control characters"),
        ("%", "may use %j (the number), %x (the name) and %% only"),
        ("%%%", "may use %j (the number), %x (the name) and %% only"),
        ("job-%A.out", "may use %j (the number), %x (the name) and %% only"),
    ] {
        assert_eq!(fault::<OutputPath>(text), ("output".into(), rule.into()), "{text:?}");
    }
}

#[test]
fn an_output_is_a_path_that_the_kernel_takes_whatever_the_name() {
    let longest = format!("{}%x%x%x", "🎓".repeat(OutputPath::LONGEST - 6));
    let output: OutputPath = longest.parse().expect("a pattern");
    let (id, name) =
        (JobId::try_from(i64::MAX).expect("a number"), "🎓".repeat(JobName::LONGEST).parse().expect("a name"));
    assert!(output.of(id, &name).len() < 4096);
    assert!("%j".repeat(OutputPath::LONGEST / 2).parse::<OutputPath>().expect("a pattern").of(id, &name).len() < 4096);
    assert_eq!(fault::<OutputPath>("%x%%x%x-%x-%x").1, "may use %x at most 3 times");
    assert!("%x%%x%x-%x".parse::<OutputPath>().is_ok());
}
