//! What the panel says about the active terminal: a thin line while reconnecting, one sentence below the screen when it
//! ended or when something was refused.

use catalogue::t;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::state::{Panel, Tab};
use crate::runtime;
use crate::words;
use terminal_session::status::{Ending, Link};

/// The thin line, and the same news for those who cannot see it.
#[component]
pub(crate) fn Line(panel: Panel) -> impl IntoView {
    let away = move || matches!(panel.status().link, Link::Reconnecting | Link::Connecting);
    let news = move || match panel.status().link {
        Link::Reconnecting => t!("terminal-reconnecting"),
        _ => String::new(),
    };
    view! {
        <div class="terminal__line" class:terminal__line--busy=away title=news></div>
        <span class="terminal__news" role="status">{news}</span>
    }
}

#[component]
pub(crate) fn Footer(panel: Panel) -> impl IntoView {
    let trouble = move || {
        let put_away = move |_| panel.trouble.set(None);
        panel.trouble.get().map(|trouble| view! { <Sentence text=trouble put_away=Callback::new(put_away)/> })
    };
    let about_tab = move || panel.shown().map(|tab| view! { <AboutTab panel tab/> });
    view! { <div class="terminal__footer" aria-live="polite">{trouble}{about_tab}</div> }
}

#[component]
fn AboutTab(panel: Panel, tab: Tab) -> impl IntoView {
    let status = Memo::new({
        let status = tab.status.clone();
        move |_| status.get()
    });
    let notice = {
        let notice = tab.notice.clone();
        move || {
            let put_away = {
                let notice = notice.clone();
                move |_| notice.set(None)
            };
            notice.get().map(|text| view! { <Sentence text put_away=Callback::new(put_away)/> })
        }
    };
    let over = move || {
        status.with(|status| status.ending().copied()).map(|ending| view! { <Over panel tab=tab.clone() ending/> })
    };
    view! { {notice}{over} }
}

#[component]
fn Over(panel: Panel, tab: Tab, ending: Ending) -> impl IntoView {
    let text = words::ending(ending, &tab.node);
    let (again, closed) = (tab.clone(), tab.clone());
    let runs = move || panel.runs(&tab.node) && panel.opening.with(Option::is_none);
    view! {
        <p class="terminal__sentence">
            {text}
            {(ending != Ending::SignedOut).then(|| view! {
                <button type="button" class="terminal__button" disabled=move || !runs() on:click=move |_| runtime::open_again(panel, &again)>{t!("terminal-open-again")}</button>
            })}
            <button type="button" class="terminal__button" on:click=move |_| runtime::close(panel, &closed)>{t!("terminal-close-tab")}</button>
        </p>
    }
}

#[component]
fn Sentence(text: String, put_away: Callback<()>) -> impl IntoView {
    view! {
        <p class="terminal__sentence terminal__sentence--warn">
            {text}
            <button type="button" class="terminal__tool" aria-label=t!("common-dismiss") on:click=move |_| put_away.run(())><Glyph icon=Icon::Cross/></button>
        </p>
    }
}
