//! Finding, opening and closing the terminals of a vcluster through the server's REST interface, and the tabs that follow.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wire::problem::Code;
use wire::terminal::Size;
use wire::terminals::{OpenTerminal, Terminal};

use super::{api, page, storage, viewers};
use crate::address;
use crate::arrangement::{self, Arrangement};
use crate::panel::NodeTab;
use crate::panel::state::{Command, Looking, Panel, Tab};
use terminal_session::Found;
use terminal_session::status::Ending;

/// Brings back the terminals of nodes that run and were not asked yet.
pub(crate) fn look(panel: Panel, nodes: Vec<NodeTab>) {
    let asked = page::unasked(panel, &nodes);
    if asked.is_empty() {
        let running = nodes.iter().any(|node| node.running);
        if !running && panel.looking.get_untracked() == Looking::Begun {
            panel.looking.set(Looking::Done);
        }
        return;
    }
    let vcluster = panel.vcluster.get_value();
    spawn_local(async move {
        let (mut found, mut failed, mut reason) = (Vec::new(), Vec::new(), None);
        for node in asked {
            match list(&vcluster, &node).await {
                Ok(terminals) => found.extend(terminals),
                Err(failure) => {
                    reason = Some(failure.sentence());
                    failed.push(node);
                }
            }
        }
        if page::alive(panel) {
            page::not_asked(panel, &failed);
            bring_back(panel, found);
            settle(panel, &nodes, reason);
        }
    });
}

async fn list(vcluster: &str, node: &str) -> Result<Vec<Terminal>, api::Failure> {
    api::get_patiently(&address::terminals(vcluster, node)).await
}

/// Tabs for what lives and has none.
fn bring_back(panel: Panel, mut found: Vec<Terminal>) {
    panel.tabs.with_untracked(|tabs| found.retain(|terminal| tabs.iter().all(|tab| tab.id != terminal.id)));
    let remembered = storage::arrangement(&panel.vcluster.get_value());
    let living = remembered.arrange(found);
    if living.is_empty() {
        return;
    }
    let new = living.into_iter().map(|terminal| Tab::new(terminal.id, terminal.node, terminal.title));
    panel.auto_open.set_value(false);
    panel.tabs.update(|tabs| tabs.extend(new));
    let tabs = panel.tabs.get_untracked();
    let active = remembered.active(tabs.iter().map(|tab| tab.id.as_str())).map(str::to_owned);
    if panel.active.get_untracked().is_none() {
        let tab = tabs.iter().find(|tab| Some(&tab.id) == active.as_ref());
        panel.active.set(tab.map(|tab| tab.serial));
        if let Some(tab) = tab.filter(|_| panel.fill) {
            focus_when_drawn(tab.serial);
        }
    }
}

fn settle(panel: Panel, nodes: &[NodeTab], reason: Option<String>) {
    match reason {
        Some(reason) if panel.tabs.with_untracked(Vec::is_empty) => panel.looking.set(Looking::Failed(reason)),
        Some(reason) => {
            panel.looking.set(Looking::Done);
            panel.trouble.set(Some(reason));
        }
        None => {
            panel.looking.set(Looking::Done);
            let first = nodes.iter().find(|node| node.running);
            let alone = panel.tabs.with_untracked(Vec::is_empty);
            if let Some(node) = first.filter(|_| alone && panel.auto_open.get_value()) {
                open(panel, node.name.clone());
            }
        }
    }
}

/// Gives the tabs of a node the titles the server knows.
pub(super) fn rename(panel: Panel, node: String) {
    let vcluster = panel.vcluster.get_value();
    spawn_local(async move {
        // A title that cannot be had now stays as it is.
        let Ok(terminals) = list(&vcluster, &node).await else { return };
        if !page::alive(panel) {
            return;
        }
        for tab in panel.tabs.get_untracked() {
            let found = terminals.iter().find(|terminal| terminal.id == tab.id);
            if let Some(terminal) = found.filter(|terminal| tab.title.with_untracked(|title| *title != terminal.title))
            {
                tab.title.set(terminal.title.clone());
            }
        }
    });
}

/// What the server says about one terminal.
pub(super) async fn find(vcluster: &str, node: &str, id: &str) -> Found {
    match api::get::<Vec<Terminal>>(&address::terminals(vcluster, node)).await {
        Ok(terminals) => match terminals.iter().find(|terminal| terminal.id == id) {
            Some(terminal) => Found::Alive { end: terminal.end },
            None => Found::Over(Ending::Gone),
        },
        Err(failure) => match failure.code() {
            Some(Code::NotSignedIn) => Found::Over(Ending::SignedOut),
            Some(Code::NotFound) => Found::Over(Ending::Gone),
            Some(Code::NodeNotRunning) => Found::Over(Ending::NodeStopped),
            _ => Found::Unknown,
        },
    }
}

/// Opens a terminal on a node and shows it.
pub(crate) fn open(panel: Panel, node: String) {
    open_at(panel, node, None);
}

/// Opens a terminal in place of one that has ended.
pub(crate) fn open_again(panel: Panel, tab: &Tab) {
    open_at(panel, tab.node.clone(), Some(tab.serial));
}

fn open_at(panel: Panel, node: String, instead_of: Option<u32>) {
    // A second click on the same button.
    if panel.opening.with_untracked(|opening| opening.as_ref() == Some(&node)) {
        return;
    }
    // A user who closes the last terminal does not want another one to open by itself.
    panel.auto_open.set_value(false);
    panel.opening.set(Some(node.clone()));
    panel.trouble.set(None);
    let (vcluster, room) = (panel.vcluster.get_value(), room(panel));
    spawn_local(async move {
        let mut opened = request(&vcluster, &node, room).await;
        if matches!(opened, Err(api::Failure::Away)) && page::alive(panel) {
            opened = request_again(panel, &vcluster, &node, room).await;
        }
        if !page::alive(panel) {
            return;
        }
        panel.opening.set(None);
        match opened {
            Ok(terminal) => show(panel, Tab::new(terminal.id, terminal.node, terminal.title), instead_of),
            Err(failure) => panel.trouble.set(Some(failure.sentence())),
        }
    });
}

/// What fits into this panel, if it has shown a terminal before.
fn room(panel: Panel) -> Option<Size> {
    viewers::of(panel.serial).iter().find_map(|viewer| viewer.room())
}

async fn request(vcluster: &str, node: &str, room: Option<Size>) -> Result<Terminal, api::Failure> {
    let wish = OpenTerminal {
        cols: room.map(|room| room.cols().into()),
        rows: room.map(|room| room.rows().into()),
        command: Vec::new(),
    };
    let body = serde_json::to_string(&wish).map_err(|_| api::Failure::Nonsense(0))?;
    api::post(&address::terminals(vcluster, node), body).await
}

/// The server did not answer, but may have opened the terminal all the same: then there is one now without a viewer and
/// without a tab.
async fn request_again(panel: Panel, vcluster: &str, node: &str, room: Option<Size>) -> Result<Terminal, api::Failure> {
    let found = list(vcluster, node).await?;
    let tabs = if page::alive(panel) { panel.tabs.get_untracked() } else { Vec::new() };
    let lost = |terminal: &Terminal| {
        terminal.viewers == 0 && terminal.exited.is_none() && tabs.iter().all(|tab| tab.id != terminal.id)
    };
    match found.into_iter().find(lost) {
        Some(terminal) => Ok(terminal),
        None => request(vcluster, node, room).await,
    }
}

fn show(panel: Panel, tab: Tab, instead_of: Option<u32>) {
    let serial = tab.serial;
    panel.tabs.update(|tabs| match tabs.iter().position(|old| Some(old.serial) == instead_of) {
        Some(at) => tabs[at] = tab,
        None => tabs.push(tab),
    });
    panel.active.set(Some(serial));
    focus_when_drawn(serial);
}

/// A tab's viewer comes with its first drawing.
fn focus_when_drawn(serial: u32) {
    request_animation_frame(move || viewers::tell(serial, Command::Focus));
}

/// Closes a terminal and its tab. One that has ended is only taken away.
pub(crate) fn close(panel: Panel, tab: &Tab) {
    let tab = tab.clone();
    if tab.over() {
        return take_away(panel, tab.serial);
    }
    let vcluster = panel.vcluster.get_value();
    spawn_local(async move {
        let closed = api::delete(&address::terminal(&vcluster, &tab.node, &tab.id)).await;
        if !page::alive(panel) {
            return;
        }
        match closed {
            Err(failure) if failure.code() != Some(Code::NotFound) => panel.trouble.set(Some(failure.sentence())),
            _ => take_away(panel, tab.serial),
        }
    });
}

fn take_away(panel: Panel, serial: u32) {
    let tabs = panel.tabs.get_untracked();
    let Some(at) = tabs.iter().position(|tab| tab.serial == serial) else { return };
    let next = arrangement::neighbour(at, tabs.len());
    panel.tabs.update(|tabs| {
        tabs.remove(at);
    });
    if panel.active.get_untracked() == Some(serial) {
        let next = next.and_then(|next| panel.tabs.with_untracked(|tabs| tabs.get(next).cloned()));
        match next {
            Some(next) => panel.activate(&next),
            None => panel.active.set(None),
        }
    }
}

/// The tabs or the active one changed: remembers them, and gives the active one the graphics card.
pub(crate) fn turn_to(panel: Panel, tabs: Vec<Tab>, active: Option<u32>) {
    for viewer in viewers::of(panel.serial) {
        viewer.turn(Some(viewer.tab.serial) == active);
    }
    let shown = tabs.iter().find(|tab| Some(tab.serial) == active);
    // Before the server has said what lives, an empty list means nothing.
    if panel.looking.get_untracked() != Looking::Done {
        return;
    }
    let arrangement =
        Arrangement { active: shown.map(|tab| tab.id.clone()), order: tabs.into_iter().map(|tab| tab.id).collect() };
    storage::set_arrangement(&panel.vcluster.get_value(), &arrangement);
}
