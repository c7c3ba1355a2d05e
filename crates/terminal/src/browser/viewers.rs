//! The viewers of this page, by the serial of their tab.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use web_sys::HtmlElement;

use super::viewer::Viewer;
use crate::panel::state::{Command, Panel, Tab};

thread_local! {
    static VIEWERS: RefCell<BTreeMap<u32, Rc<Viewer>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Gives a tab its viewer, with its screen in `host`.
pub(crate) fn show(panel: Panel, tab: &Tab, host: &impl AsRef<HtmlElement>) {
    let viewer = Viewer::open(panel, tab.clone(), host.as_ref());
    VIEWERS.with_borrow_mut(|viewers| viewers.insert(tab.serial, viewer));
}

/// The tab is gone.
pub(crate) fn forget(serial: u32) {
    // Not dropped under the borrow: that calls JavaScript, which may call back.
    let viewer = VIEWERS.with_borrow_mut(|viewers| viewers.remove(&serial));
    drop(viewer);
}

/// Asks the viewer of this tab for something. A tab that has never been shown has none.
pub(crate) fn tell(serial: u32, command: Command) {
    let viewer = VIEWERS.with_borrow(|viewers| viewers.get(&serial).cloned());
    if let Some(viewer) = viewer {
        viewer.command(command);
    }
}

/// All viewers of a panel.
pub(super) fn of(panel: u32) -> Vec<Rc<Viewer>> {
    VIEWERS.with_borrow(|viewers| viewers.values().filter(|viewer| viewer.panel.serial == panel).cloned().collect())
}
