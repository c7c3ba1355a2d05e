//! The terminal panel: tabs of any node, the screen of the active one, and what belongs around it. Under `ssr` the same
//! structure with an empty screen. Knows nothing of JavaScript: what needs a browser is asked of the runtime.

mod bar;
mod close_dialog;
mod footer;
mod icon;
mod key_row;
mod menu;
mod node_picker;
mod paste_dialog;
mod placeholder;
mod popup;
mod screen;
mod search_bar;
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "on the server nobody fills in what the browser brings")
)]
pub(crate) mod state;
mod tab;

use catalogue::t;
use leptos::{html, prelude::*};

use crate::runtime;
use bar::Bar;
use close_dialog::CloseDialog;
use footer::{Footer, Line};
use key_row::KeyRow;
use paste_dialog::PasteDialog;
use placeholder::Placeholder;
use screen::Screen;
use search_bar::SearchBar;
use state::{Looking, Panel};

/// As markup: a browser with JavaScript takes what is in `noscript` for text, and hydration would look for elements.
fn without_javascript() -> String {
    format!(r#"<p class="terminal__message">{}</p>"#, t!("terminal-needs-script"))
}

/// A node that can have terminals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeTab {
    /// Its name in the vcluster, such as `node-0`.
    pub name: String,
    /// Terminals can be opened on it now.
    pub running: bool,
}

/// Lets a page ask its terminal panel for a terminal on a node: the *Terminal* button of a table's row.
#[derive(Debug, Clone, Copy)]
pub struct Opener {
    wish: RwSignal<Option<(u32, String)>>,
}

impl Opener {
    /// An opener that has not been used.
    #[expect(
        clippy::new_without_default,
        reason = "it makes a signal, which has an owner; a default must be a plain value"
    )]
    pub fn new() -> Self {
        Self { wish: RwSignal::new(None) }
    }

    /// Shows a terminal of this node: one that is open, else a new one.
    pub fn open(&self, node: impl Into<String>) {
        let count = self.wish.with_untracked(|wish| wish.as_ref().map_or(0, |(count, _)| *count));
        self.wish.set(Some((count.wrapping_add(1), node.into())));
    }
}

/// The terminals of one vcluster.
///
/// `nodes`: all of its nodes in order. `opener`: where the page's buttons ask for terminals. `fill`: take the height of the
/// container instead of an own one. `auto_open`: when the vcluster has no terminal, open one on its first running node.
#[component]
pub fn TerminalPanel(
    #[prop(into)] vcluster_id: String,
    #[prop(into)] nodes: Signal<Vec<NodeTab>>,
    #[prop(optional)] opener: Option<Opener>,
    #[prop(optional)] fill: bool,
    #[prop(optional)] auto_open: bool,
) -> impl IntoView {
    let panel = Panel::new(vcluster_id, nodes, auto_open, fill);
    let root = NodeRef::<html::Section>::new();
    Effect::new(move |_| {
        if let Some(root) = root.get() {
            runtime::start(panel, &root);
        }
    });
    Effect::new(move |_| runtime::look(panel, panel.nodes.get()));
    Effect::new(move |_| runtime::apply_settings(panel));
    Effect::new(move |_| runtime::turn_to(panel, panel.tabs.get(), panel.active.get()));
    if let Some(opener) = opener {
        Effect::new(move |seen: Option<u32>| heed(panel, opener, seen.unwrap_or(0)));
    }
    on_cleanup(move || runtime::stop(panel.serial));
    view! {
        <section class="terminal-panel" class:terminal-panel--fill=fill aria-label=t!("terminal-panel") node_ref=root>
            <Bar panel/>
            <Line panel/>
            <SearchBar panel/>
            <div class="terminal__body">
                <noscript inner_html=without_javascript()></noscript>
                <Placeholder panel/>
                <For each=move || panel.tabs.get() key=|tab| tab.serial let:tab>
                    <Screen panel tab/>
                </For>
            </div>
            <Footer panel/>
            <KeyRow panel/>
            <PasteDialog panel/>
            <CloseDialog panel/>
        </section>
    }
    .into_any()
}

/// Carries out a wish once the terminals that live are known, or cannot be. Returns the number of the last wish it carried out.
fn heed(panel: Panel, opener: Opener, seen: u32) -> u32 {
    let wish = opener.wish.get();
    if wish.is_some() {
        // A user who asks for a certain terminal does not want another one opened beside it.
        panel.auto_open.set_value(false);
    }
    let known = panel.looking.get() != Looking::Begun;
    match wish {
        Some((count, node)) if count != seen && known => {
            let open =
                panel.tabs.with_untracked(|tabs| tabs.iter().find(|tab| tab.node == node && !tab.over()).cloned());
            match open {
                Some(tab) => panel.activate(&tab),
                None => runtime::open(panel, node),
            }
            count
        }
        _ => seen,
    }
}
