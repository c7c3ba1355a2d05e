//! docs/CONFIG.md, written from the list of settings, so that it cannot say anything else than what is.

use std::fmt::Write as _;

use super::{oidc::ProviderConfig, setting::Setting, settings};

const HEAD: &str = "# Configuration of dockletd

Made from the code by `dockletd config-reference`; a test fails when it is not current.

Every setting can be a flag, an environment variable or an entry of one TOML file, and the first of these that is given holds.
The file is named by `--config FILE` or `DOCKLET_CONFIG`; there is none by default.
Lists are written with commas, and as lists in the file.
Times have a unit: `10s`, `30m`, `7d`.
A name that is not in this list is refused.
`dockletd check-config` prints what holds and where it was written.
";

/// The whole document.
pub fn reference() -> String {
    let mut text = String::from(HEAD);
    let mut section = "";
    for setting in settings().chain(ProviderConfig::SETTINGS) {
        if setting.section != section {
            section = setting.section;
            // Writing to a String cannot fail.
            let _ = write!(text, "\n## [{section}]\n");
        }
        let _ = write!(text, "\n{}", entry(setting));
    }
    text
}

fn entry(setting: &Setting) -> String {
    let default = match setting.default {
        "" => "none".to_owned(),
        default => format!("`{default}`"),
    };
    // Sections whose names are free have no flags.
    let flag = if setting.section.contains('.') { String::new() } else { format!("`--{}` · ", setting.flag()) };
    format!("`{}` · {flag}`{}` · default: {default}\n:{}\n", setting.key, setting.variable(), setting.about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_docs_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/CONFIG.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == reference(),
            "docs/CONFIG.md is not current: run `dockletd config-reference > docs/CONFIG.md`"
        );
    }
}
