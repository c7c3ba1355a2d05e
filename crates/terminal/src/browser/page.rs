//! What one panel needs of the page around it: wake-ups, theme, on-screen keyboard, settings. And which nodes were asked.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, MutationObserver, MutationObserverInit, VisibilityState};

use super::listener::Listener;
use super::storage::{self, Remembered};
use super::viewers;
use crate::panel::NodeTab;
use crate::panel::state::{FONT_SIZES, Looking, Panel};

/// An on-screen keyboard is at least so high, in pixels; browsers hide less than that for other reasons.
const KEYBOARD: f64 = 80.0;

thread_local! {
    static PAGES: RefCell<BTreeMap<u32, Page>> = const { RefCell::new(BTreeMap::new()) };
}

#[derive(Default)]
struct Page {
    _listeners: Vec<Listener>,
    theme: Option<(MutationObserver, Closure<dyn FnMut()>)>,
    /// Running nodes whose terminals were asked for.
    asked: BTreeSet<String>,
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some((observer, _)) = &self.theme {
            observer.disconnect();
        }
    }
}

/// The panel is in the page.
pub(crate) fn start(panel: Panel, root: &impl AsRef<HtmlElement>) {
    recall_settings(panel);
    let mut listeners = wake_ups(panel);
    listeners.extend(system_theme(panel.serial));
    listeners.extend(keyboard(root.as_ref().clone()));
    let theme = page_theme(panel.serial);
    PAGES.with_borrow_mut(|pages| {
        let page = pages.entry(panel.serial).or_default();
        page._listeners = listeners;
        page.theme = theme;
    });
}

/// The panel is gone.
pub(crate) fn stop(serial: u32) {
    let page = PAGES.with_borrow_mut(|pages| pages.remove(&serial));
    drop(page);
}

/// Whether the panel is still there, for what comes later.
pub(super) fn alive(panel: Panel) -> bool {
    PAGES.with_borrow(|pages| pages.contains_key(&panel.serial))
}

/// Which of the running nodes were not asked for their terminals yet. They count as asked from now on; one that stops is
/// asked again when it runs again.
pub(super) fn unasked(panel: Panel, nodes: &[NodeTab]) -> Vec<String> {
    let running: BTreeSet<String> = nodes.iter().filter(|node| node.running).map(|node| node.name.clone()).collect();
    PAGES.with_borrow_mut(|pages| {
        let page = pages.entry(panel.serial).or_default();
        let new = running.difference(&page.asked).cloned().collect();
        page.asked = running;
        new
    })
}

/// These nodes did not answer: ask them again next time.
pub(super) fn not_asked(panel: Panel, nodes: &[String]) {
    PAGES.with_borrow_mut(|pages| {
        if let Some(page) = pages.get_mut(&panel.serial) {
            page.asked.retain(|node| !nodes.contains(node));
        }
    });
}

/// Gives every screen the settings. Tracked: runs again when one changes.
pub(crate) fn apply_settings(panel: Panel) {
    let (font_size, screen_reader) = (panel.settings.font_size.get(), panel.settings.screen_reader.get());
    for viewer in viewers::of(panel.serial) {
        viewer.apply_settings(font_size, screen_reader);
    }
}

pub(crate) fn remember_settings(panel: Panel) {
    let settings = panel.settings;
    storage::set_settings(&Remembered {
        font_size: settings.font_size.get_untracked(),
        screen_reader: settings.screen_reader.get_untracked(),
        copy_on_select: settings.copy_on_select.get_untracked(),
        trust_blocks: settings.trust_blocks.get_untracked(),
    });
}

fn recall_settings(panel: Panel) {
    let remembered = storage::settings();
    let settings = panel.settings;
    settings.font_size.set(remembered.font_size.clamp(*FONT_SIZES.start(), *FONT_SIZES.end()));
    settings.screen_reader.set(remembered.screen_reader);
    settings.copy_on_select.set(remembered.copy_on_select);
    settings.trust_blocks.set(remembered.trust_blocks);
}

fn wake(panel: Panel) {
    for viewer in viewers::of(panel.serial) {
        viewer.wake();
    }
    if matches!(panel.looking.get_untracked(), Looking::Failed(_)) {
        super::look(panel, panel.nodes.get_untracked());
    }
}

/// The network is back, the page is looked at again, or it comes out of the browser's store of left pages.
fn wake_ups(panel: Panel) -> Vec<Listener> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    let Some(document) = window.document() else { return Vec::new() };
    let visible = {
        let document = document.clone();
        move |_| {
            if document.visibility_state() == VisibilityState::Visible {
                wake(panel);
            }
        }
    };
    vec![
        Listener::new(&window, "online", move |_| wake(panel)),
        Listener::new(&window, "pageshow", move |_| wake(panel)),
        Listener::new(&document, "visibilitychange", visible),
    ]
}

fn retheme(panel: u32) {
    for viewer in viewers::of(panel) {
        viewer.retheme();
    }
}

fn system_theme(panel: u32) -> Option<Listener> {
    let dark = web_sys::window()?.match_media("(prefers-color-scheme: dark)").ok()??;
    Some(Listener::new(&dark, "change", move |_| retheme(panel)))
}

/// The person switches the page's theme: an attribute of the root element.
fn page_theme(panel: u32) -> Option<(MutationObserver, Closure<dyn FnMut()>)> {
    let root = web_sys::window()?.document()?.document_element()?;
    let changed = Closure::<dyn FnMut()>::new(move || retheme(panel));
    let observer = MutationObserver::new(changed.as_ref().unchecked_ref()).ok()?;
    let watched = MutationObserverInit::new();
    watched.set_attributes(true);
    watched.set_attribute_filter(&js_sys::Array::of1(&"data-theme".into()));
    observer.observe_with_options(&root, &watched).ok()?;
    Some((observer, changed))
}

/// An on-screen keyboard covers the page without changing its height; the style sheet keeps this much free below.
fn keyboard(root: HtmlElement) -> Option<Listener> {
    let window = web_sys::window()?;
    let viewport = window.visual_viewport()?;
    let seen = viewport.clone();
    Some(Listener::new(&viewport, "resize", move |_| {
        let height = window.inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        let covered = height - seen.height() - seen.offset_top();
        let keyboard = if covered >= KEYBOARD { covered } else { 0.0 };
        // Fails only for a name that is no property.
        let _ = root.style().set_property("--terminal-keyboard", &format!("{keyboard}px"));
    }))
}
