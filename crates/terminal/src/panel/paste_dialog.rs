//! The question before a paste of several lines: shows what would be pasted and what it would do.

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
    let title = match preview.lines {
        1 => "Paste this line?".to_owned(),
        lines => format!("Paste {lines} lines?"),
    };
    let effect = match preview.runs_at_once {
        true => "Each line runs as soon as it arrives.",
        false => "The program takes them as one block; nothing runs before you press Enter.",
    };
    let hidden = preview.lines.saturating_sub(preview.first.len());
    let trust = panel.settings.trust_blocks;
    view! {
        <h2 id=title_id(panel)>{title}</h2>
        <p>{effect}</p>
        <pre>{preview.first.join("\n")}</pre>
        {(hidden > 0).then(|| view! { <p>{format!("… and {hidden} more")}</p> })}
        {(!preview.runs_at_once).then(|| view! {
            <label>
                <input type="checkbox" prop:checked=trust on:change:target=move |event| trust.set(event.target().checked())/>
                " Do not ask again for such blocks"
            </label>
        })}
        <footer>
            <button type="button" class="terminal__button" on:click=move |_| put_away(panel)>"Cancel"</button>
            <button type="button" class="terminal__button terminal__button--main" autofocus on:click=move |_| agree(panel)>"Paste"</button>
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
