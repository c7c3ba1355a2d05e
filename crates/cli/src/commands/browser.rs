//! Opens addresses in the person's browser, where there is one to be seen.

use std::{
    env,
    process::{Command, Stdio},
};

use crate::client::TOKEN;

/// Says nothing when no browser opens; callers print the address as well.
pub(super) fn open(address: &str) {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let opener = match () {
        () if cfg!(target_os = "macos") => "open",
        () if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") => "xdg-open",
        () => return,
    };
    // The server's word becomes an argument of another program: nothing but the address of a page.
    if !address.starts_with("https://") && !address.starts_with("http://") {
        return;
    }
    let mut command = Command::new(opener);
    command.arg(address).env_remove(TOKEN).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Ok(mut opening) = command.spawn() {
        // Some openers stay for as long as the browser does.
        std::thread::spawn(move || opening.wait());
    }
}
