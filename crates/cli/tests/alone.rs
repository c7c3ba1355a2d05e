//! What `docklet` does without a server.

use std::process::{Command, Output, Stdio};

fn docklet(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docklet"));
    command.args(arguments).env_remove("HOME").env_remove("XDG_CONFIG_HOME").env_remove("DOCKLET_CONFIG_DIR");
    command.output().expect("it runs")
}

#[test]
fn help_version_completions_and_manual_need_no_server_and_no_home() {
    let help = docklet(&["--help"]);
    let text = String::from_utf8(help.stdout).expect("text");
    assert!(help.status.success() && text.contains("Exit codes:") && text.contains("port-forward"), "{text}");
    assert!(docklet(&["--version"]).status.success());
    for shell in ["bash", "zsh", "fish"] {
        let completions = docklet(&["completions", shell]);
        let text = String::from_utf8(completions.stdout).expect("text");
        assert!(completions.status.success() && text.contains("DOCKLET_COMPLETE"), "{shell}: {text}");
    }
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().to_str().expect("text");
    assert!(docklet(&["man", path]).status.success());
    let page = std::fs::read_to_string(folder.path().join("docklet-vc-create.1")).expect("a page");
    assert!(page.contains("Memory of each node"), "{page}");
}

#[test]
fn words_that_are_no_command_are_a_problem_where_json_is_asked_for_and_help_where_there_are_none() {
    for arguments in [&["vc", "lst", "-o", "json"][..], &["--output=json", "vc", "create"], &["vc", "-ojson"]] {
        let refused = docklet(arguments);
        let problem: serde_json::Value = serde_json::from_slice(&refused.stderr).expect("a problem");
        assert!(refused.status.code() == Some(2) && problem["code"] == "client_usage", "{arguments:?}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|what| !what.contains("Usage:")), "{problem}");
    }
    let refused = docklet(&["vc", "lst"]);
    let text = String::from_utf8(refused.stderr).expect("text");
    assert!(refused.status.code() == Some(2) && text.contains("Usage: docklet vc"), "{text}");
    assert!(text.starts_with("docklet: unrecognized subcommand 'lst'"), "{text}");
    let alone = docklet(&["vc", "create", "lab", "--timeout", "3"]);
    let text = String::from_utf8(alone.stderr).expect("text");
    assert!(alone.status.code() == Some(2) && text.contains("--wait"), "{text}");
    let nothing = docklet(&[]);
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("port-forward"), "{nothing:?}");
    let help = docklet(&["--help", "-o", "json"]);
    assert!(help.status.success() && help.stdout.starts_with(b"Your Docklet"), "{help:?}");
}

#[test]
fn what_needs_a_place_for_its_files_says_which_variable_names_one() {
    let refused = docklet(&["whoami"]);
    let text = String::from_utf8(refused.stderr).expect("text");
    assert!(refused.status.code() == Some(2) && text.contains("DOCKLET_CONFIG_DIR"), "{text}");
}

#[test]
fn a_reader_that_goes_away_is_how_a_pipe_ends() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docklet"));
    let mut child =
        command.args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("its end");
    assert_eq!((ended.status.code(), ended.stderr.len()), (Some(141), 0), "{ended:?}");
}
