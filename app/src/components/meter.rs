//! How much of a limit is in use.

use catalogue::t;
use leptos::prelude::*;

use crate::wording::amount::percent;

/// From here on it is worth a second look.
const NEARLY_FULL: f64 = 90.0;

#[component]
pub(crate) fn Meter(
    #[prop(into)] label: String,
    /// In use and at most, as numbers of the same unit.
    #[prop(into)]
    level: Signal<(f64, f64)>,
    /// The same as texts.
    #[prop(into)]
    texts: Signal<(String, String)>,
) -> impl IntoView {
    let percent = Memo::new(move |_| {
        let (used, limit) = level.get();
        percent(used, limit)
    });
    let class = move || if percent.get() >= NEARLY_FULL { "meter-bar is-nearly-full" } else { "meter-bar" };
    view! {
        <div class="card meter">
            <dt class="meter-label">{label}</dt>
            <dd class="meter-value">
                {move || texts.get().0} " " <small>{move || t!("common-of", limit = texts.get().1)}</small>
            </dd>
            <dd class=class aria-hidden="true">
                <i style:width=move || format!("{:.1}%", percent.get())></i>
            </dd>
        </div>
    }
}
