//! Single keys and pairs of keys, as a machine: keys and their times in, what they mean out. Whether a key was meant for a
//! field or a terminal is decided before it comes here.

/// What a key, or a pair of keys, asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shortcut {
    Palette,
    Sheet,
    New,
    Home,
    Jobs,
    Terminals,
    Profile,
    Help,
    Overview,
    Shells,
    Apps,
    Activity,
}

impl Shortcut {
    /// In the order the sheet shows them.
    pub(crate) const ALL: [Self; 12] = [
        Self::Palette,
        Self::Sheet,
        Self::New,
        Self::Home,
        Self::Jobs,
        Self::Terminals,
        Self::Profile,
        Self::Help,
        Self::Overview,
        Self::Shells,
        Self::Apps,
        Self::Activity,
    ];

    /// The keys, one after the other, as they are printed on a keyboard.
    pub(crate) const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Palette => &["/"],
            Self::Sheet => &["?"],
            Self::New => &["n"],
            Self::Home => &["g", "h"],
            Self::Jobs => &["g", "j"],
            Self::Terminals => &["g", "t"],
            Self::Profile => &["g", "p"],
            Self::Help => &["g", "?"],
            Self::Overview => &["g", "o"],
            Self::Shells => &["g", "s"],
            Self::Apps => &["g", "a"],
            Self::Activity => &["g", "y"],
        }
    }

    /// It means something only on the pages of one vcluster.
    pub(crate) const fn is_of_vcluster(self) -> bool {
        matches!(self, Self::Overview | Self::Shells | Self::Apps | Self::Activity)
    }
}

/// The second key of a pair must come within this time.
const PATIENCE_MS: f64 = 1500.0;

/// What was pressed so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Keys {
    /// The first key of a pair, and when it was pressed.
    first: Option<(&'static str, f64)>,
}

impl Keys {
    /// A key went down at this time, in milliseconds of any clock that counts up.
    pub(crate) fn press(&mut self, key: &str, now: f64) -> Option<Shortcut> {
        let first = self.first.take().filter(|(_, at)| now - at <= PATIENCE_MS).map(|(first, _)| first);
        let found = Shortcut::ALL.into_iter().find(|shortcut| match (first, shortcut.keys()) {
            (Some(first), [one, two]) => *one == first && *two == key,
            (None, [one]) => *one == key,
            _ => false,
        });
        if found.is_none() {
            let begins = |shortcut: &Shortcut| shortcut.keys().len() == 2 && shortcut.keys()[0] == key;
            self.first =
                Shortcut::ALL.iter().find(|shortcut| begins(shortcut)).map(|shortcut| (shortcut.keys()[0], now));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_shortcut_has_keys_of_its_own_and_none_hides_another() {
        let keys: BTreeSet<_> = Shortcut::ALL.iter().map(|shortcut| shortcut.keys()).collect();
        assert_eq!(keys.len(), Shortcut::ALL.len());
        for shortcut in Shortcut::ALL {
            assert!(!Shortcut::ALL.iter().any(|other| other.keys() == &shortcut.keys()[..1] && *other != shortcut));
        }
    }

    #[test]
    fn every_shortcut_is_reached_by_its_keys() {
        for shortcut in Shortcut::ALL {
            let mut keys = Keys::default();
            let said: Vec<_> = shortcut.keys().iter().map(|key| keys.press(key, 0.0)).collect();
            assert_eq!(said.last(), Some(&Some(shortcut)));
            assert!(said[..said.len() - 1].iter().all(Option::is_none));
        }
    }

    #[test]
    fn a_pair_that_takes_too_long_is_two_keys() {
        let mut keys = Keys::default();
        assert_eq!(keys.press("g", 0.0), None);
        assert_eq!(keys.press("h", PATIENCE_MS + 1.0), None);
        assert_eq!(keys.press("g", 9000.0), None);
        assert_eq!(keys.press("n", 20_000.0), Some(Shortcut::New));
    }

    #[test]
    fn a_pair_that_means_nothing_can_begin_anew() {
        let mut keys = Keys::default();
        assert_eq!(keys.press("g", 0.0), None);
        assert_eq!(keys.press("g", 1.0), None);
        assert_eq!(keys.press("t", 2.0), Some(Shortcut::Terminals));
        assert_eq!(keys.press("g", 3.0), None);
        assert_eq!(keys.press("n", 4.0), None, "behind g, n is not New");
    }
}
