//! The terminal's colours and font, read from the page's style sheets: they follow the page's theme, and the style sheet
//! is the only place that knows a colour.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsCast;
use web_sys::{CssStyleDeclaration, Element};

use crate::ffi::Palette;

/// The style an element has now.
pub(super) struct Style(CssStyleDeclaration);

impl Style {
    /// `None` while the element is not in a page.
    pub(super) fn of(element: &Element) -> Option<Self> {
        web_sys::window()?.get_computed_style(element).ok().flatten().map(Self)
    }

    fn value(&self, name: &str) -> String {
        self.0.get_property_value(name).unwrap_or_default().trim().to_owned()
    }

    /// The font family for the terminal.
    pub(super) fn font(&self) -> String {
        self.value("font-family")
    }

    /// The theme for xterm.js.
    pub(super) fn palette(&self) -> Palette {
        let palette: Palette = Object::new().unchecked_into();
        let colour = |name: &str| self.value(&format!("--terminal-{name}"));
        palette.set_background(&colour("background"));
        palette.set_foreground(&colour("foreground"));
        palette.set_cursor(&colour("cursor"));
        palette.set_cursor_accent(&colour("background"));
        palette.set_selection_background(&colour("selection"));
        palette.set_slider(&colour("slider"));
        palette.set_black(&colour("black"));
        palette.set_red(&colour("red"));
        palette.set_green(&colour("green"));
        palette.set_yellow(&colour("yellow"));
        palette.set_blue(&colour("blue"));
        palette.set_magenta(&colour("magenta"));
        palette.set_cyan(&colour("cyan"));
        palette.set_white(&colour("white"));
        palette.set_bright_black(&colour("bright-black"));
        palette.set_bright_red(&colour("bright-red"));
        palette.set_bright_green(&colour("bright-green"));
        palette.set_bright_yellow(&colour("bright-yellow"));
        palette.set_bright_blue(&colour("bright-blue"));
        palette.set_bright_magenta(&colour("bright-magenta"));
        palette.set_bright_cyan(&colour("bright-cyan"));
        palette.set_bright_white(&colour("bright-white"));
        palette
    }

    /// How the search marks what it found.
    pub(super) fn marks(&self) -> Object {
        let marks = Object::new();
        let (all, one) = (self.value("--terminal-match"), self.value("--terminal-match-active"));
        let entries = [
            ("matchBackground", &all),
            ("matchOverviewRuler", &all),
            ("activeMatchBackground", &one),
            ("activeMatchColorOverviewRuler", &one),
        ];
        for (name, colour) in entries {
            // Fails only for an object that may not be changed.
            let _ = Reflect::set(&marks, &name.into(), &colour.as_str().into());
        }
        marks
    }
}
