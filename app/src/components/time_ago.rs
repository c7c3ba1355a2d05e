//! A time, said relative to now, with the exact one on hover.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    contexts::clock::use_clock,
    wording::time::{ago, exact},
};

#[component]
pub(crate) fn TimeAgo(#[prop(into)] at: Signal<DateTime<Utc>>) -> impl IntoView {
    let clock = use_clock();
    let text = Memo::new(move |_| ago(at.get(), clock.now()));
    view! {
        <time datetime=move || at.get().to_rfc3339() title=move || exact(at.get())>
            {move || text.get()}
        </time>
    }
}
