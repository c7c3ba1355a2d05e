//! The bar above the screen: tabs, new tab, figures, tools.

use catalogue::t;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::menu::Menu;
use super::node_picker::NodePicker;
use super::state::{Command, FONT_SIZES, Panel};
use super::tab::TabHandle;
use crate::{runtime, words};

#[component]
pub(crate) fn Bar(panel: Panel) -> impl IntoView {
    // A title that changes moves the tabs behind it, too.
    Effect::new(move |_| {
        panel.tabs.with(|tabs| tabs.iter().for_each(|tab| tab.title.track()));
        if let Some(tab) = panel.shown() {
            runtime::reveal(tab.tab_id());
        }
    });
    // Without a tab there is no tablist: an empty one is not allowed to be.
    let role = move || if panel.tabs.with(Vec::is_empty) { "group" } else { "tablist" };
    view! {
        <div class="terminal__bar">
            <div class="terminal__tabs" role=role aria-label=t!("terminal-open-ones")>
                <For each=move || panel.tabs.get() key=|tab| tab.serial let:tab>
                    <TabHandle panel tab/>
                </For>
            </div>
            <NodePicker panel/>
            <Figures panel/>
            <Tools panel/>
        </div>
    }
}

/// Round-trip time and size, and whose size it is if it is not this window's. Up here it takes no row from the terminal,
/// which would change the size again.
#[component]
fn Figures(panel: Panel) -> impl IntoView {
    let status = Memo::new(move |_| panel.status());
    let figures = move || status.with(words::figures);
    let foreign = move || {
        status.with(|status| status.foreign_size()).map(|size| {
            let claim = move |_| panel.tell(Command::ClaimSize);
            view! {
                <span class="terminal__hint">{words::foreign_size(size)}</span>
                <button type="button" class="terminal__button" on:click=claim>{t!("terminal-fit")}</button>
            }
        })
    };
    view! {
        <div class="terminal__owner" aria-live="polite">{foreign}</div>
        <span class="terminal__figures" title=t!("terminal-figures")>{figures}</span>
    }
}

#[component]
fn Tools(panel: Panel) -> impl IntoView {
    let size = panel.settings.font_size;
    let idle = move || panel.active.get().is_none();
    let search = move |_| match panel.searching.get_untracked() {
        true => panel.end_search(),
        false => panel.searching.set(true),
    };
    view! {
        <div class="terminal__tools">
            <button type="button" class="terminal__tool" aria-label=t!("terminal-search") title=t!("terminal-search-title") disabled=idle
                aria-pressed=move || panel.searching.get().to_string()
                on:click=search>
                <Glyph icon=Icon::Search/>
            </button>
            <button type="button" class="terminal__tool terminal__tool--font" aria-label=t!("terminal-smaller") title=t!("terminal-smaller-title")
                disabled=move || size.get() <= *FONT_SIZES.start() on:click=move |_| panel.change_font(-1)>"A−"</button>
            <button type="button" class="terminal__tool terminal__tool--font" aria-label=t!("terminal-larger") title=t!("terminal-larger-title")
                disabled=move || { size.get() >= *FONT_SIZES.end() } on:click=move |_| panel.change_font(1)>"A+"</button>
            <Menu panel/>
        </div>
    }
}
