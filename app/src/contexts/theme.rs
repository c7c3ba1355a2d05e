//! Light, dark, or as the system says. Remembered in a cookie, so that the server renders the right one at once.

use catalogue::t;
use leptos::prelude::*;

pub const COOKIE: &str = "docklet_theme";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As `<html data-theme>`, the cookie and the form write it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn label(self) -> String {
        match self {
            Self::System => t!("chrome-theme-system"),
            Self::Light => t!("chrome-theme-light"),
            Self::Dark => t!("chrome-theme-dark"),
        }
    }

    /// Anything else is the system's.
    pub(crate) fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text).unwrap_or(Self::System)
    }

    /// As a cookie is set, by the server and by the page alike. It holds no secret; scripts may read it.
    pub(crate) fn cookie(self) -> String {
        format!("{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", self.as_str())
    }
}

/// The theme in a `Cookie` header.
#[cfg(any(feature = "ssr", test))]
pub(crate) fn from_cookies(header: &str) -> Theme {
    let mut pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map_or(Theme::System, |(_, value)| Theme::parse(value))
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct ThemeContext {
    chosen: RwSignal<Theme>,
    system_is_dark: RwSignal<bool>,
}

impl ThemeContext {
    pub(crate) fn get(self) -> Theme {
        self.chosen.get()
    }

    /// Dark while the page is light, and light while it is dark. What the system says is known only in the browser, after the
    /// first render, which must be the server's: until then it counts as light.
    pub(crate) fn other(self) -> Theme {
        match self.chosen.get() {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::System if self.system_is_dark.get() => Theme::Light,
            Theme::System => Theme::Dark,
        }
    }

    /// Changes the page at once and remembers it. Only in the browser.
    pub(crate) fn choose(self, theme: Theme) {
        self.chosen.set(theme);
        browser::show(theme);
    }
}

pub(crate) fn provide_theme() {
    #[cfg(feature = "ssr")]
    let theme = crate::request_context::theme();
    #[cfg(not(feature = "ssr"))]
    let theme = browser::shown();
    let system_is_dark = RwSignal::new(false);
    Effect::new(move |_| system_is_dark.set(browser::system_is_dark()));
    provide_context(ThemeContext { chosen: RwSignal::new(theme), system_is_dark });
}

pub(crate) fn use_theme() -> ThemeContext {
    expect_context()
}

mod browser {
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;

    use super::Theme;

    const ATTRIBUTE: &str = "data-theme";

    /// What the server rendered.
    #[cfg(not(feature = "ssr"))]
    pub(super) fn shown() -> Theme {
        let root = document().document_element();
        Theme::parse(&root.and_then(|root| root.get_attribute(ATTRIBUTE)).unwrap_or_default())
    }

    pub(super) fn system_is_dark() -> bool {
        let query = leptos::prelude::window().match_media("(prefers-color-scheme: dark)");
        query.ok().flatten().is_some_and(|query| query.matches())
    }

    pub(super) fn show(theme: Theme) {
        if let Some(root) = document().document_element() {
            // The name is a constant, which is the only thing this can fail for.
            let _ = root.set_attribute(ATTRIBUTE, theme.as_str());
        }
        if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
            // A browser that takes no cookies keeps the theme for this page only.
            let _ = document.set_cookie(&theme.cookie());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(from_cookies("a=b; docklet_theme=dark; c=d"), Theme::Dark);
        assert_eq!(from_cookies("xdocklet_theme=dark"), Theme::System);
        assert_eq!(from_cookies("docklet_theme=\"><script>"), Theme::System);
        assert_eq!(from_cookies(""), Theme::System);
    }

    #[test]
    fn what_is_set_is_what_is_found() {
        for theme in Theme::ALL {
            assert_eq!(from_cookies(&theme.cookie()), theme);
        }
    }
}
