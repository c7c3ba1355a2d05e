//! Settings as flags, made from the list of settings.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, builder::PathBufValueParser};

use crate::config::{setting::Setting, settings};

/// Settings one gives often, under shorter names.
const SHORT: [(&str, &str); 4] = [
    ("server.listen", "listen"),
    ("server.data_dir", "data-dir"),
    ("server.public_urls", "public-url"),
    ("server.site_root", "site-root"),
];
const CONFIG: &str = "config";

/// The flags that were given.
#[derive(Debug, Default)]
pub(super) struct Flags {
    pub(super) file: Option<PathBuf>,
    /// By the setting's name.
    pub(super) values: BTreeMap<String, String>,
}

fn argument(setting: &'static Setting) -> Arg {
    let about = match setting.default {
        "" => setting.about.trim().to_owned(),
        default => format!("{} [default: {default}]", setting.about.trim()),
    };
    let short = SHORT.iter().find(|(name, _)| *name == setting.name());
    let argument = Arg::new(setting.name())
        .long(setting.flag())
        .value_name(setting.key.to_uppercase())
        .help(about)
        .help_heading(format!("Settings: {}", setting.section))
        .hide_short_help(short.is_none())
        .global(true);
    match short {
        Some((_, alias)) => argument.visible_alias(*alias),
        None => argument,
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new(CONFIG)
            .long(CONFIG)
            .env("DOCKLET_CONFIG")
            .value_name("FILE")
            .value_parser(PathBufValueParser::new())
            .help("The configuration file (TOML)")
            .global(true);
        settings().map(argument).fold(command.arg(file), Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.file = matches.get_one(CONFIG).cloned();
        for setting in settings() {
            let name = setting.name();
            if let Some(text) = matches.get_one::<String>(&name) {
                self.values.insert(name, text.clone());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Flags {
        let command = Flags::augment_args(Command::new("dockletd")).subcommand(Command::new("serve"));
        let matches = command.try_get_matches_from(arguments).expect("good arguments");
        Flags::from_arg_matches(&matches).expect("flags")
    }

    #[test]
    fn every_setting_has_a_flag_before_or_after_the_role() {
        for setting in settings() {
            let flag = format!("--{}", setting.flag());
            let before = parse(&["dockletd", &flag, "x", "serve"]);
            let after = parse(&["dockletd", "serve", &flag, "x"]);
            assert_eq!((before.values.len(), before.values.get(&setting.name()).map(String::as_str)), (1, Some("x")));
            assert_eq!(before.values, after.values, "{flag}");
        }
    }

    #[test]
    fn short_names_are_the_same_settings() {
        for (name, alias) in SHORT {
            let flags = parse(&["dockletd", "serve", &format!("--{alias}"), "x"]);
            assert_eq!(flags.values.get(name).map(String::as_str), Some("x"), "{alias}");
        }
    }
}
