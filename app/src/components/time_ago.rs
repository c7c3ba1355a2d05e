//! A time, said relative to now, with the exact one on hover.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    contexts::{clock::use_clock, zone::use_zone},
    wording::time::{ago, date, exact},
};

#[component]
pub(crate) fn TimeAgo(#[prop(into)] at: Signal<DateTime<Utc>>) -> impl IntoView {
    let clock = use_clock();
    let zone = use_zone();
    let text = Memo::new(move |_| ago(at.get(), clock.now(), &zone.get()));
    view! {
        <time datetime=move || at.get().to_rfc3339() title=move || exact(at.get(), &zone.get())>
            {move || text.get()}
        </time>
    }
}

/// The date of a time, for what lies days away or ahead.
#[component]
pub(crate) fn Day(#[prop(into)] at: Signal<DateTime<Utc>>) -> impl IntoView {
    let zone = use_zone();
    view! {
        <time datetime=move || at.get().to_rfc3339() title=move || exact(at.get(), &zone.get())>
            {move || date(at.get(), &zone.get())}
        </time>
    }
}
