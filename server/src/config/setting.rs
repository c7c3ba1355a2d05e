//! The one list of settings: each section declares its fields once, and flags, environment names, the TOML file, the
//! reference document and `check-config` are all derived from that. Knows no setting by name.

use std::path::Path;

use anyhow::Context as _;

use super::{source::Found, value::Value};

/// How a secret is shown.
pub type Mask = fn(&str) -> String;

/// One setting as its section declares it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub section: &'static str,
    pub key: &'static str,
    /// What it is for, in sentences.
    pub about: &'static str,
    /// As one would write it; empty for none.
    pub default: &'static str,
    /// Its value is never shown as it is; this is how it is shown.
    pub secret: Option<Mask>,
}

impl Setting {
    /// `server.listen`: its name in the file and in messages.
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// `server-listen`: its flag, without the dashes in front.
    pub fn flag(&self) -> String {
        format!("{}-{}", self.section, self.key).replace('_', "-")
    }

    /// `DOCKLET_SERVER_LISTEN`.
    pub fn variable(&self) -> String {
        format!("DOCKLET_{}_{}", self.section, self.key).replace(['.', '-'], "_").to_uppercase()
    }
}

/// A value that is not one, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} (from {place}): {rule}")]
pub struct Fault {
    pub setting: String,
    pub place: String,
    pub rule: String,
}

/// Reads one field from what was found, or notes why it cannot be read.
pub(super) fn read<T: Value>(setting: &Setting, found: &Found, faults: &mut Vec<Fault>) -> Option<T> {
    let (text, place) = found.text_of(setting);
    T::parse(text).map_err(|rule| faults.push(Fault { setting: setting.name(), place: place.to_string(), rule })).ok()
}

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("(set)")]
pub struct Secret(pub String);

/// The secret in a file that a setting names, without the end of its line.
pub fn secret_in(setting: &str, path: &Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("{setting}: cannot read {}", path.display()))?;
    Ok(Secret(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Declares a section: a struct, its settings, and how it is read.
macro_rules! section {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident in $section:literal {
            $( $(#[doc = $about:literal])+ pub $field:ident: $type:ty = $default:literal, )+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone)]
        pub struct $name {
            $( $(#[doc = $about])+ pub $field: $type, )+
        }

        impl $name {
            pub(super) const SETTINGS: &[$crate::config::setting::Setting] = &[
                $( $crate::config::setting::Setting {
                    section: $section,
                    key: stringify!($field),
                    about: concat!($($about),+),
                    default: $default,
                    secret: if <$type as $crate::config::value::Value>::SECRET {
                        Some(<$type as $crate::config::value::Value>::masked)
                    } else {
                        None
                    },
                }, )+
            ];

            /// `settings` are these, perhaps under another section's name.
            pub(super) fn read(
                settings: &[$crate::config::setting::Setting],
                found: &$crate::config::source::Found,
                faults: &mut Vec<$crate::config::setting::Fault>,
            ) -> Option<Self> {
                let mut settings = settings.iter();
                // Every field is read before any is missed, so that all faults are told at once.
                $( let $field = settings.next().and_then(|setting| $crate::config::setting::read(setting, found, faults)); )+
                Some(Self { $( $field: $field?, )+ })
            }
        }
    };
}

pub(super) use section;
