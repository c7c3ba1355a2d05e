//! Keys that work anywhere on a page, and the two dialogs they open: the command palette and the sheet of shortcuts.
//!
//! A key pressed in a field, in a terminal or in a dialog is meant for that, and never comes to [`Keys`].

use leptos::{ev::KeyboardEvent, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wasm_bindgen::JsCast;
use web_sys::Element;
use wire::app::App;

use crate::{
    api::{Refused, apps::read_all_apps},
    palette::keys::{Keys, Shortcut},
    routes,
};

/// What a key is typed into.
const FIELDS: &str = "input, textarea, select, [contenteditable], .xterm";
/// What is in front of the page.
const IN_FRONT: &str = "dialog:modal, [popover]:popover-open";

#[derive(Clone, Copy)]
pub(crate) struct Shortcuts {
    pub(crate) palette: RwSignal<bool>,
    pub(crate) sheet: RwSignal<bool>,
    /// The apps there are; read anew whenever the palette opens.
    apps: Action<(), Result<Vec<App>, Refused>>,
}

impl Shortcuts {
    pub(crate) fn read_apps(self) {
        self.apps.dispatch(());
    }

    /// Those that were read last; without an answer the palette does without them.
    pub(crate) fn apps(self) -> Vec<App> {
        self.apps.value().with(|apps| apps.as_ref().and_then(|apps| apps.as_ref().ok()).cloned().unwrap_or_default())
    }
}

/// Listens from here on, in the browser.
pub(crate) fn provide_shortcuts() -> Shortcuts {
    let apps = Action::new(|(): &()| read_all_apps());
    let shortcuts = Shortcuts { palette: RwSignal::new(false), sheet: RwSignal::new(false), apps };
    let path = use_location().pathname;
    let keys = StoredValue::new(Keys::default());
    // What belongs to one thread is made in the browser only.
    Effect::new(move |_| {
        let navigate = use_navigate();
        let listener = window_event_listener(leptos::ev::keydown, move |event| {
            let Some(shortcut) = meant(&event, keys) else { return };
            let here = path.get_untracked();
            match shortcut {
                Shortcut::Palette => shortcuts.palette.set(true),
                Shortcut::Sheet => shortcuts.sheet.set(true),
                _ => match address(shortcut, &here) {
                    Some(address) => navigate(&address, NavigateOptions::default()),
                    None => return,
                },
            }
            event.prevent_default();
        });
        on_cleanup(move || listener.remove());
    });
    provide_context(shortcuts);
    shortcuts
}

pub(crate) fn use_shortcuts() -> Shortcuts {
    expect_context()
}

fn meant(event: &KeyboardEvent, keys: StoredValue<Keys>) -> Option<Shortcut> {
    if event.default_prevented() || event.is_composing() || is_typed(event) || is_behind() {
        return None;
    }
    if event.alt_key() || event.ctrl_key() || event.meta_key() {
        let opens = (event.ctrl_key() || event.meta_key()) && !event.alt_key() && event.key().eq_ignore_ascii_case("k");
        return opens.then_some(Shortcut::Palette);
    }
    keys.try_update_value(|keys| keys.press(&event.key(), event.time_stamp()))?
}

fn is_typed(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.and_then(|target| target.closest(FIELDS).ok().flatten()).is_some()
}

/// Something is in front of the page, which has the keys to itself.
fn is_behind() -> bool {
    document().query_selector(IN_FRONT).ok().flatten().is_some()
}

/// Where a shortcut leads from a page; nowhere for those of a vcluster on a page that is none's.
fn address(shortcut: Shortcut, path: &str) -> Option<String> {
    let here = routes::vcluster_of(path);
    match shortcut {
        Shortcut::Palette | Shortcut::Sheet => None,
        Shortcut::New => Some(routes::NEW_VCLUSTER.into()),
        Shortcut::Home => Some(routes::HOME.into()),
        Shortcut::Jobs => Some(routes::JOBS.into()),
        Shortcut::Terminals => Some(routes::TERMINALS.into()),
        Shortcut::Profile => Some(routes::PROFILE.into()),
        Shortcut::Help => Some(routes::HELP.into()),
        Shortcut::Overview => here.map(routes::vcluster),
        Shortcut::Shells => here.map(routes::terminals),
        Shortcut::Apps => here.map(routes::apps),
        Shortcut::Activity => here.map(routes::activity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcuts_of_a_vcluster_lead_somewhere_only_on_its_pages() {
        for shortcut in Shortcut::ALL.into_iter().filter(|shortcut| shortcut.is_of_vcluster()) {
            assert_eq!(address(shortcut, "/"), None);
            assert_eq!(address(shortcut, "/vclusters/new"), None);
            let address = address(shortcut, "/vclusters/7/apps").expect("it leads somewhere");
            assert!(address.starts_with("/vclusters/7"), "{address}");
        }
    }

    #[test]
    fn the_others_lead_somewhere_from_everywhere() {
        let opens = [Shortcut::Palette, Shortcut::Sheet];
        for shortcut in Shortcut::ALL.into_iter().filter(|it| !it.is_of_vcluster() && !opens.contains(it)) {
            assert!(address(shortcut, "/").is_some(), "{shortcut:?}");
        }
    }
}
