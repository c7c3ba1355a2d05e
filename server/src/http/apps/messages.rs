//! The sentences of our pages on apps' hosts, from the catalogue. Nothing else is decided here.

use catalogue::Language;
use domain::name::NodeName;

use super::availability::{Availability, Trouble};

/// The message in this language; key and arguments are checked when this is compiled.
macro_rules! say {
    ($language:expr, $key:tt $(, $name:ident = $value:expr)* $(,)?) => {{
        const { catalogue::check(catalogue::arguments_of!($key), &[$(stringify!($name)),*]) };
        catalogue::say_in($language, $key, &[$((stringify!($name), catalogue::Value::from($value))),*])
    }};
}

/// What sentences speak of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Things<'a> {
    pub(super) app: &'a str,
    pub(super) vcluster: &'a str,
    pub(super) node: NodeName,
    pub(super) port: u16,
    /// What listened there last.
    pub(super) process: Option<&'a str>,
}

/// Title and sentence.
pub(super) type Said = (String, String);

/// Speaks one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Messages(pub(super) Language);

impl Messages {
    pub(super) fn availability(self, availability: Availability, things: Things<'_>) -> Said {
        match availability {
            Availability::Silent => self.silent(things),
            Availability::Ready
            | Availability::Starting
            | Availability::Booting
            | Availability::Stopping
            | Availability::Leaving => self.on_its_way(availability, things),
            _ => self.at_rest(availability, things),
        }
    }

    fn on_its_way(self, availability: Availability, Things { app, vcluster, node, .. }: Things<'_>) -> Said {
        let (Self(language), node) = (self, node.to_string());
        match availability {
            Availability::Booting => (
                say!(language, "app-page-booting-title", vcluster = vcluster),
                say!(language, "app-page-booting", app = app, node = node),
            ),
            Availability::Stopping => {
                (say!(language, "app-page-stopping-title", vcluster = vcluster), say!(language, "app-page-stopping"))
            }
            Availability::Leaving => (
                say!(language, "app-page-leaving-title", vcluster = vcluster),
                say!(language, "app-page-leaving", app = app),
            ),
            _ => (say!(language, "app-page-starting-title", app = app), say!(language, "app-page-starting")),
        }
    }

    fn silent(self, Things { node, port, process, .. }: Things<'_>) -> Said {
        let (Self(language), node, port) = (self, node.to_string(), port.to_string());
        let title = say!(language, "app-page-silent-title", port = port.clone(), node = node.clone());
        let lead = match process {
            Some(process) => say!(language, "app-page-silent-again", process = process),
            None => say!(language, "app-page-silent", node = node, port = port),
        };
        (title, lead)
    }

    fn at_rest(self, availability: Availability, Things { app, vcluster, node, .. }: Things<'_>) -> Said {
        let (Self(language), node) = (self, node.to_string());
        match availability {
            Availability::Broken => (
                say!(language, "app-page-broken-title", node = node, vcluster = vcluster),
                say!(language, "app-page-broken"),
            ),
            Availability::Failed => {
                (say!(language, "app-page-failed-title", app = app), say!(language, "app-page-failed", node = node))
            }
            Availability::Unavailable => (
                say!(language, "app-page-unavailable-title", app = app, node = node),
                say!(language, "app-page-unavailable"),
            ),
            Availability::Off => (say!(language, "app-page-off-title", app = app), say!(language, "app-page-off")),
            _ => (
                say!(language, "app-page-stopped-title", vcluster = vcluster),
                say!(language, "app-page-stopped", app = app),
            ),
        }
    }

    pub(super) fn trouble(self, trouble: Trouble, app: &str) -> Said {
        let Self(language) = self;
        match trouble {
            Trouble::NodeAway => (say!(language, "app-page-node-away-title"), say!(language, "app-page-node-away")),
            Trouble::Silent => (say!(language, "app-page-mute-title", app = app), say!(language, "app-page-mute")),
            Trouble::Closed => {
                (say!(language, "app-page-hung-up-title", app = app), say!(language, "app-page-hung-up"))
            }
            Trouble::HeadTooLarge => {
                (say!(language, "app-page-headers-title", app = app), say!(language, "app-page-headers"))
            }
            Trouble::Nonsense => {
                (say!(language, "app-page-nonsense-title", app = app), say!(language, "app-page-nonsense"))
            }
            Trouble::Upload => (say!(language, "app-page-upload-title"), say!(language, "app-page-upload")),
            Trouble::SignedOut => self.signed_out(),
        }
    }

    pub(super) fn signed_out(self) -> Said {
        (say!(self.0, "app-page-signed-out-title"), say!(self.0, "app-page-signed-out"))
    }

    pub(super) fn nobody(self) -> Said {
        (say!(self.0, "app-page-nobody-title"), say!(self.0, "app-page-nobody"))
    }

    pub(super) fn foreign(self) -> Said {
        (say!(self.0, "app-page-foreign-title"), say!(self.0, "app-page-foreign"))
    }

    pub(super) fn no_worker(self) -> Said {
        (say!(self.0, "app-page-no-worker-title"), say!(self.0, "app-page-no-worker"))
    }

    pub(super) fn entry_refused(self) -> Said {
        (say!(self.0, "app-page-refused-title"), say!(self.0, "app-page-refused"))
    }

    pub(super) fn no_cookies(self) -> Said {
        (say!(self.0, "app-page-no-cookies-title"), say!(self.0, "app-page-no-cookies"))
    }

    pub(super) fn not_ready(self) -> String {
        say!(self.0, "app-page-not-ready")
    }

    pub(super) fn start(self, vcluster: &str) -> String {
        say!(self.0, "app-page-start", vcluster = vcluster)
    }

    pub(super) fn try_again(self) -> String {
        say!(self.0, "common-try-again")
    }

    pub(super) fn open_app(self) -> String {
        say!(self.0, "app-page-open-app")
    }

    pub(super) fn open_console(self) -> String {
        say!(self.0, "app-page-open-console")
    }

    pub(super) fn last_lines(self) -> String {
        say!(self.0, "app-page-log")
    }

    /// How far it is, in a few words.
    pub(super) fn progress(self, availability: Availability) -> String {
        match availability {
            Availability::Booting => say!(self.0, "app-page-progress-booting"),
            Availability::Starting => say!(self.0, "app-page-progress-starting"),
            Availability::Stopping => say!(self.0, "app-page-progress-stopping"),
            Availability::Silent => say!(self.0, "app-page-progress-silent"),
            _ => say!(self.0, "app-page-progress"),
        }
    }
}
