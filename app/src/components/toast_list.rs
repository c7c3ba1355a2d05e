//! The toasts at the edge of the page, and the polite region that reads them out.

use catalogue::t;
use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    state_mark::Dot,
};
use crate::contexts::toasts::{Toast, use_toasts};

#[component]
pub(crate) fn ToastList() -> impl IntoView {
    let toasts = use_toasts();
    let toast = move |Toast { number, notice }: Toast| {
        view! {
            <li class="toast card">
                <Dot tone=notice.tone/>
                <p>{notice.text}</p>
                <button
                    type="button"
                    class="button is-ghost is-small is-square"
                    aria-label=t!("common-dismiss")
                    on:click=move |_| toasts.dismiss(number)
                >
                    <Glyph icon=Icon::Close/>
                </button>
            </li>
        }
    };
    view! {
        <div class="toasts" role="status" aria-label=t!("chrome-messages")>
            <ul>
                <For each=move || toasts.shown() key=|toast| toast.number children=toast/>
            </ul>
        </div>
    }
}
