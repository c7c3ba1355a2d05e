//! The languages there are, and which one a request gets. Knows no text.

use std::sync::atomic::{AtomicU8, Ordering};

use leptos::prelude::use_context;

/// Holds what the person has chosen. No secret; scripts may read it.
pub const COOKIE: &str = "docklet_lang";

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    English,
    German,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// As `<html lang>`, the cookie and the form write it (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name in the language itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// By its tag; a region does not matter (`de-AT`).
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.trim().split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(first))
    }

    /// As a cookie is set.
    pub fn cookie(self) -> String {
        format!("{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", self.tag())
    }

    /// What was chosen (the headers `Cookie`), else what the browser asks for (`Accept-Language`), else English.
    pub fn of_request(cookies: &str, accepted: &str) -> Self {
        chosen(cookies).or_else(|| preferred(accepted)).unwrap_or(Self::English)
    }
}

fn chosen(cookies: &str) -> Option<Language> {
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).and_then(|(_, value)| Language::parse(value))
}

/// The language with the highest weight, of equal ones the first (RFC 9110, 12.5.4). `*` names none.
fn preferred(accepted: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    for wish in accepted.split(',') {
        let (tag, weight) = wish.split_once(";").unwrap_or((wish, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(1.0, |weight| weight.parse().unwrap_or(0.0));
        let Some(language) = Language::parse(tag) else { continue };
        if weight > 0.0 && best.is_none_or(|(_, found)| weight > found) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

/// The language of the browser's page, as its place in [`Language::ALL`] plus one; 0 on the server, where each request has
/// its own.
static PAGE: AtomicU8 = AtomicU8::new(0);

/// Sets the language of the browser's page, once, before it is hydrated.
pub fn speak(language: Language) {
    PAGE.store(if language == Language::English { 1 } else { 2 }, Ordering::Relaxed);
}

/// The language of this page or request; English where there is neither.
pub fn language() -> Language {
    match PAGE.load(Ordering::Relaxed) {
        1 => Language::English,
        2 => Language::German,
        _ => use_context::<Language>().unwrap_or(Language::English),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, German};

    #[test]
    fn what_was_chosen_counts_more_than_what_the_browser_asks_for() {
        assert_eq!(Language::of_request("a=b; docklet_lang=en", "de"), English);
        assert_eq!(Language::of_request(&German.cookie(), "en-US,en;q=0.9"), German);
        assert_eq!(
            Language::of_request("docklet_lang=tlh", "de-AT"),
            German,
            "a language we do not speak is no choice"
        );
    }

    #[test]
    fn the_heaviest_wish_that_can_be_granted_is_granted() {
        let cases = [
            ("de", German),
            ("de-CH, fr;q=0.8", German),
            ("fr-FR,de;q=0.8,en;q=0.5", German),
            ("en;q=0.2, de;q=0.9", German),
            ("en,de", English),
            ("de;q=0,en;q=0.1", English),
            ("fr", English),
            ("*", English),
            ("", English),
            (";;q=,,=", English),
        ];
        for (accepted, language) in cases {
            assert_eq!(Language::of_request("", accepted), language, "{accepted:?}");
        }
    }
}
