//! The runtime without a browser: the server renders the panel and nothing happens in it.
//! Its names are those of `browser`; none of them is ever called, because no effect and no handler runs on a server.

use crate::panel::NodeTab;
use crate::panel::state::{Command, Panel, Tab};

pub(crate) fn start<T>(_panel: Panel, _root: &T) {}
pub(crate) fn stop(_serial: u32) {}
pub(crate) fn look(_panel: Panel, _nodes: Vec<NodeTab>) {}
pub(crate) fn show<T>(_panel: Panel, _tab: &Tab, _host: &T) {}
pub(crate) fn forget(_serial: u32) {}
pub(crate) fn tell(_serial: u32, _command: Command) {}
pub(crate) fn open(_panel: Panel, _node: String) {}
pub(crate) fn open_again(_panel: Panel, _tab: &Tab) {}
pub(crate) fn close(_panel: Panel, _tab: &Tab) {}
pub(crate) fn remember_settings(_panel: Panel) {}
pub(crate) fn apply_settings(_panel: Panel) {}
pub(crate) fn turn_to(_panel: Panel, _tabs: Vec<Tab>, _active: Option<u32>) {}
pub(crate) fn show_dialog<T>(_dialog: &T, _open: bool) {}
pub(crate) fn focus<T>(_element: &T) {}
pub(crate) fn focus_id(_id: &str) {}
pub(crate) fn focus_step<T>(_list: &T, _by: i32) {}
pub(crate) fn reveal(_tab: String) {}
pub(crate) fn select<T>(_input: &T) {}
pub(crate) fn stays_inside<T>(_event: &T) -> bool {
    true
}
