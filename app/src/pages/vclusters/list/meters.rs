//! Use against limits.

use catalogue::t;
use leptos::prelude::*;
use wire::session::Amount;

use crate::{
    components::meter::Meter,
    contexts::live::use_live,
    wording::amount::{memory, number},
};

#[component]
pub(crate) fn Meters() -> impl IntoView {
    let live = use_live();
    let level = move |of: fn(Amount) -> f64| Signal::derive(move || (of(live.usage()), of(live.limits())));
    let texts = move |of: fn(Amount) -> String| Signal::derive(move || (of(live.usage()), of(live.limits())));
    view! {
        <dl class="meters" aria-label=t!("vclusters-limits")>
            <Meter label=t!("vclusters-limit-vclusters") level=level(|it| it.vclusters.into()) texts=texts(|it| it.vclusters.to_string())/>
            <Meter label=t!("vclusters-limit-nodes") level=level(|it| it.nodes.into()) texts=texts(|it| it.nodes.to_string())/>
            <Meter label=t!("vclusters-limit-cpus") level=level(|it| it.cpus) texts=texts(|it| number(it.cpus))/>
            <Meter label=t!("vclusters-limit-memory") level=level(mebibytes) texts=texts(|it| memory(it.memory_mib))/>
        </dl>
    }
}

/// For the length of a bar only: exact up to 2^53.
fn mebibytes(amount: Amount) -> f64 {
    amount.memory_mib as f64
}
