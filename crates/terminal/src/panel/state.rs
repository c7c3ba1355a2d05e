//! What the panel and its parts share: the tabs, the active one, the settings, the open questions. Signals only.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;

use super::NodeTab;
use crate::paste::Preview;
use terminal_session::status::{Link, Status};

/// The font size until the user changes it, in pixels.
pub(crate) const FONT_SIZE: u32 = 13;
/// The smallest and the largest font size.
pub(crate) const FONT_SIZES: std::ops::RangeInclusive<u32> = 8..=32;

/// Numbers panels and tabs of one page, so that the runtime can keep what belongs to each apart.
fn serial() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// One terminal with a tab.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    pub(crate) serial: u32,
    /// The terminal's id.
    pub(crate) id: String,
    pub(crate) node: String,
    /// What the program calls itself, else what runs.
    pub(crate) title: ArcRwSignal<String>,
    pub(crate) status: ArcRwSignal<Status>,
    /// Something the person should read, until it is put away.
    pub(crate) notice: ArcRwSignal<Option<String>>,
    /// The search's position and number of places.
    pub(crate) found: ArcRwSignal<Option<(i32, u32)>>,
    /// Ctrl of the key row is held for the next key.
    pub(crate) ctrl: ArcRwSignal<bool>,
}

impl Tab {
    pub(crate) fn new(id: String, node: String, title: String) -> Self {
        Self {
            serial: serial(),
            id,
            node,
            title: ArcRwSignal::new(title),
            status: ArcRwSignal::new(Status::default()),
            notice: ArcRwSignal::new(None),
            found: ArcRwSignal::new(None),
            ctrl: ArcRwSignal::new(false),
        }
    }

    /// The terminal has ended. Untracked.
    pub(crate) fn over(&self) -> bool {
        self.status.with_untracked(|status| matches!(status.link, Link::Ended(_)))
    }

    pub(crate) fn panel_id(&self) -> String {
        format!("terminal-{}", self.serial)
    }

    pub(crate) fn tab_id(&self) -> String {
        format!("terminal-tab-{}", self.serial)
    }
}

/// Whether it is known which terminals live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Looking {
    /// The server was not asked yet, or has not answered.
    Begun,
    Done,
    /// It answered with an error; a sentence.
    Failed(String),
}

/// A paste that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PendingPaste {
    pub(crate) tab: u32,
    pub(crate) text: String,
    pub(crate) preview: Preview,
}

/// What a person set, remembered by the browser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) font_size: RwSignal<u32>,
    pub(crate) screen_reader: RwSignal<bool>,
    pub(crate) copy_on_select: RwSignal<bool>,
    /// No question before a paste that the program takes as one block.
    pub(crate) trust_blocks: RwSignal<bool>,
}

/// The panel's state; cheap to copy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel {
    pub(crate) serial: u32,
    pub(crate) vcluster: StoredValue<String>,
    pub(crate) nodes: Signal<Vec<NodeTab>>,
    /// A terminal is still to be opened if there is none.
    pub(crate) auto_open: StoredValue<bool>,
    /// It is what the page is about.
    pub(crate) fill: bool,
    pub(crate) tabs: RwSignal<Vec<Tab>>,
    /// The serial of the tab that is shown.
    pub(crate) active: RwSignal<Option<u32>>,
    pub(crate) looking: RwSignal<Looking>,
    /// The node a terminal is being opened on.
    pub(crate) opening: RwSignal<Option<String>>,
    /// Why the last action failed; a sentence.
    pub(crate) trouble: RwSignal<Option<String>>,
    pub(crate) searching: RwSignal<bool>,
    pub(crate) paste: RwSignal<Option<PendingPaste>>,
    /// The tab that is to be closed if the person agrees.
    pub(crate) closing: RwSignal<Option<Tab>>,
    pub(crate) settings: Settings,
}

impl Panel {
    pub(crate) fn new(vcluster: String, nodes: Signal<Vec<NodeTab>>, auto_open: bool, fill: bool) -> Self {
        Self {
            serial: serial(),
            vcluster: StoredValue::new(vcluster),
            nodes,
            auto_open: StoredValue::new(auto_open),
            fill,
            tabs: RwSignal::new(Vec::new()),
            active: RwSignal::new(None),
            looking: RwSignal::new(Looking::Begun),
            opening: RwSignal::new(None),
            trouble: RwSignal::new(None),
            searching: RwSignal::new(false),
            paste: RwSignal::new(None),
            closing: RwSignal::new(None),
            settings: Settings {
                font_size: RwSignal::new(FONT_SIZE),
                screen_reader: RwSignal::new(false),
                copy_on_select: RwSignal::new(false),
                trust_blocks: RwSignal::new(false),
            },
        }
    }

    /// The tab that is shown. Tracked.
    pub(crate) fn shown(&self) -> Option<Tab> {
        let active = self.active.get()?;
        self.tabs.with(|tabs| tabs.iter().find(|tab| tab.serial == active).cloned())
    }

    /// The tab that is shown. Untracked, for handlers.
    pub(crate) fn shown_now(&self) -> Option<Tab> {
        untrack(|| self.shown())
    }

    /// The status of the tab that is shown. Tracked.
    pub(crate) fn status(&self) -> Status {
        self.shown().map(|tab| tab.status.get()).unwrap_or_default()
    }

    /// Shows a tab and puts the cursor into its terminal.
    pub(crate) fn activate(&self, tab: &Tab) {
        self.turn_to(tab.serial);
        crate::runtime::tell(tab.serial, Command::Focus);
    }

    /// Shows a tab. A search belongs to the tab it was begun in.
    pub(crate) fn turn_to(&self, serial: u32) {
        if self.searching.get_untracked() {
            self.end_search();
        }
        self.active.set(Some(serial));
    }

    pub(crate) fn end_search(&self) {
        self.searching.set(false);
        self.tell(Command::EndSearch);
    }

    /// Asks the screen that is shown for something. Untracked, for handlers.
    pub(crate) fn tell(&self, command: Command) {
        if let Some(tab) = untrack(|| self.shown()) {
            crate::runtime::tell(tab.serial, command);
        }
    }

    /// Whether terminals can be opened on this node. Tracked.
    pub(crate) fn runs(&self, node: &str) -> bool {
        self.nodes.with(|nodes| nodes.iter().any(|found| found.name == node && found.running))
    }

    /// Changes the font size by so many pixels, within the limits.
    pub(crate) fn change_font(&self, by: i32) {
        let size = self.settings.font_size.get_untracked().saturating_add_signed(by);
        self.settings.font_size.set(size.clamp(*FONT_SIZES.start(), *FONT_SIZES.end()));
        crate::runtime::remember_settings(*self);
    }
}

/// What a part of the panel asks of a terminal's screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Focus,
    Copy,
    /// Paste what is in the clipboard.
    Paste,
    /// Paste this text without asking again.
    PasteText(String),
    Press(crate::keys::Key),
    /// Look for this text.
    Find(String, Step),
    EndSearch,
    ClaimSize,
    /// Move the focus to the terminal's tab.
    Leave,
}

/// Where a search goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// At the place it is at, while the person still types what to look for.
    Stay,
    Next,
    Back,
}
