//! How the elements of an array fare, as a bar with a part for each way to.

use leptos::prelude::*;
use wire::job::ArrayView;

use crate::{
    api::jobs::Fare,
    wording::{amount::percent, array::counts},
};

/// The text beside the bar says the same. What waits is what is left of it.
#[component]
pub(super) fn ArrayBar(#[prop(into)] array: Signal<ArrayView>) -> impl IntoView {
    let part = move |fare: Fare| {
        let share = move || array.with(|array| percent(fare.count(array).into(), array.size.max(1).into()));
        view! { <i class=fare.tone().class() style:width=move || format!("{:.2}%", share())></i> }
    };
    let parts = Fare::ALL.into_iter().filter(|fare| *fare != Fare::Waiting).map(part).collect_view();
    view! {
        <span class="array-bar" aria-hidden="true">{parts}</span>
        <small>{move || array.with(counts)}</small>
    }
}
