//! The shape of a series, small: where it has been. The number stands beside it.

use leptos::prelude::*;

use crate::chart::{Canvas, Scale};

const CANVAS: Canvas = Canvas { width: 120.0, height: 28.0 };

/// Values at equal distances, drawn against `limit`: full height is all there is.
#[component]
pub(crate) fn Sparkline(
    #[prop(into)] values: Signal<Vec<Option<f64>>>,
    #[prop(into)] limit: Signal<f64>,
) -> impl IntoView {
    let paths = Memo::new(move |_| {
        let scale = Scale { top: limit.get().max(f64::MIN_POSITIVE), ticks: Vec::new() };
        values.with(|values| (CANVAS.area(values, &scale), CANVAS.line(values, &scale)))
    });
    view! {
        <svg class="sparkline" viewBox="0 0 120 28" preserveAspectRatio="none" aria-hidden="true">
            <path class="sparkline-ground" d="M0 28H120"/>
            <path class="sparkline-area" d=move || paths.with(|paths| paths.0.clone())/>
            <path class="sparkline-line" d=move || paths.with(|paths| paths.1.clone())/>
        </svg>
    }
}
