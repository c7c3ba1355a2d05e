//! Pieces that pages are made of: props in, view out. They call no server function and read no resource; what they need
//! to act comes from a context.

pub(crate) mod action_button;
pub(crate) mod apps_astray;
pub(crate) mod confirm_form;
pub(crate) mod copy_field;
pub(crate) mod dialog;
pub(crate) mod field;
pub(crate) mod hexagons;
pub(crate) mod icon;
pub(crate) mod language_switch;
pub(crate) mod logo;
pub(crate) mod menu;
pub(crate) mod meter;
pub(crate) mod palette;
pub(crate) mod problem_note;
pub(crate) mod progress;
pub(crate) mod provider_link;
pub(crate) mod quick_create;
pub(crate) mod radio;
pub(crate) mod rich;
pub(crate) mod row_menu;
pub(crate) mod scope_choice;
pub(crate) mod search_field;
pub(crate) mod section;
pub(crate) mod shortcut_sheet;
pub(crate) mod skeleton;
pub(crate) mod sparkline;
pub(crate) mod state_mark;
pub(crate) mod tab_title;
pub(crate) mod tabs;
pub(crate) mod theme_switch;
pub(crate) mod time_ago;
pub(crate) mod time_chart;
pub(crate) mod toast_list;
