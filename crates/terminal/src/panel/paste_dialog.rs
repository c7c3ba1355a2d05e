//! The question before a paste of several lines: shows what would be pasted and what it would do.

use catalogue::t;
use leptos::{html, prelude::*};

use super::state::{Command, Panel, PendingPaste};
use crate::runtime;

#[component]
pub(crate) fn PasteDialog(panel: Panel) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let asked = panel.paste.with(Option::is_some);
        if let Some(dialog) = dialog.get() {
            runtime::show_dialog(&dialog, asked);
        }
    });
    let question = move || panel.paste.get().map(|paste| view! { <Question panel paste/> });
    view! {
        <dialog class="terminal__dialog" aria-labelledby=title_id(panel) node_ref=dialog on:close=move |_| put_away(panel)>
            {question}
        </dialog>
    }
}

#[component]
fn Question(panel: Panel, paste: PendingPaste) -> impl IntoView {
    let preview = paste.preview.clone();
    let title = t!("terminal-paste-title", n = preview.lines);
    let effect = match preview.runs_at_once {
        true => t!("terminal-paste-runs"),
        false => t!("terminal-paste-block"),
    };
    let hidden = preview.lines.saturating_sub(preview.first.len());
    let trust = panel.settings.trust_blocks;
    view! {
        <h2 id=title_id(panel)>{title}</h2>
        <p>{effect}</p>
        <pre>{preview.first.join("\n")}</pre>
        {(hidden > 0).then(|| view! { <p>{t!("terminal-paste-more", n = hidden)}</p> })}
        {(!preview.runs_at_once).then(|| view! {
            <label>
                <input type="checkbox" prop:checked=trust on:change:target=move |event| trust.set(event.target().checked())/>
                " "{t!("terminal-paste-trust")}
            </label>
        })}
        <footer>
            <button type="button" class="terminal__button" on:click=move |_| put_away(panel)>{t!("common-cancel")}</button>
            <button type="button" class="terminal__button terminal__button--main" autofocus on:click=move |_| agree(panel)>{t!("terminal-paste")}</button>
        </footer>
    }
}

fn title_id(panel: Panel) -> String {
    format!("terminal-paste-{}", panel.serial)
}

fn agree(panel: Panel) {
    let pending = panel.paste.get_untracked();
    put_away(panel);
    runtime::remember_settings(panel);
    if let Some(PendingPaste { tab, text, .. }) = pending {
        runtime::tell(tab, Command::PasteText(text));
    }
}

fn put_away(panel: Panel) {
    if let Some(pending) = panel.paste.get_untracked() {
        panel.paste.set(None);
        runtime::tell(pending.tab, Command::Focus);
    }
}
