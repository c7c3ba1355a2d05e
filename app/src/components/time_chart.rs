//! A series over time with its axis. A pointer or the arrow keys read out single moments, also to a screen reader.

use catalogue::t;
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    html,
    prelude::*,
};

use crate::{
    chart::{Canvas, Scale},
    usage::Window,
    wording::usage::before,
};

const CANVAS: Canvas = Canvas { width: 400.0, height: 100.0 };
/// Page Up and Page Down.
const LARGE_STEP: usize = 10;

/// Values of `window`, up to now.
#[component]
pub(crate) fn TimeChart(
    /// What is drawn: `CPU`.
    #[prop(into)]
    label: Signal<String>,
    #[prop(into)] values: Signal<Vec<Option<f64>>>,
    #[prop(into)] limit: Signal<f64>,
    #[prop(into)] window: Signal<Window>,
    /// The value of now, with what there is: `0.4 of 2 CPUs`.
    #[prop(into)]
    now: Signal<String>,
    /// One value with its unit.
    said: fn(f64) -> String,
    /// A value beside its line.
    tick: fn(f64) -> String,
) -> impl IntoView {
    let scale = Memo::new(move |_| {
        let peak = values.with(|values| values.iter().flatten().copied().fold(0.0, f64::max));
        Scale::fitting(peak, limit.get())
    });
    let cursor = RwSignal::new(None::<usize>);
    let moment = Memo::new(move |_| {
        cursor.get().map(|index| values.with(|values| (index, values.get(index).copied().flatten())))
    });
    let read_out = move |(index, value): (usize, Option<f64>)| {
        let when = before(window.get().before_end(index));
        t!("charts-at", value = value.map_or_else(|| t!("charts-no-figure"), said), when = when)
    };
    view! {
        <figure class="chart card">
            <figcaption>
                <b>{move || label.get()}</b>
                <span class="chart-now">{move || moment.get().map_or_else(|| now.get(), read_out)}</span>
            </figcaption>
            <Plot values=values scale=scale cursor=cursor label=label told=Signal::derive(move || {
                moment.get().map_or_else(|| now.get(), read_out)
            }) tick=tick/>
            <div class="chart-times" aria-hidden="true">
                <span>{move || before(window.get().length)}</span>
                <span>{t!("charts-now")}</span>
            </div>
        </figure>
    }
}

#[component]
fn Plot(
    values: Signal<Vec<Option<f64>>>,
    scale: Memo<Scale>,
    cursor: RwSignal<Option<usize>>,
    label: Signal<String>,
    /// The moment the cursor is at, in words.
    told: Signal<String>,
    tick: fn(f64) -> String,
) -> impl IntoView {
    let plot = NodeRef::<html::Div>::new();
    let last = move || values.with(|values| values.len().saturating_sub(1));
    let follow = move |event: PointerEvent| {
        let Some(plot) = plot.get_untracked() else { return };
        let rect = plot.get_bounding_client_rect();
        let part = (f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0);
        cursor.set(Some(Canvas::index(values.with_untracked(Vec::len), part)));
    };
    let line = move || values.with(|values| scale.with(|scale| CANVAS.line(values, scale)));
    let area = move || values.with(|values| scale.with(|scale| CANVAS.area(values, scale)));
    view! {
        <div
            node_ref=plot
            class="chart-plot"
            role="slider"
            tabindex="0"
            aria-label=move || t!("charts-over-time", what = label.get())
            aria-valuemin="0"
            aria-valuemax=move || last().to_string()
            aria-valuenow=move || cursor.get().unwrap_or_else(last).to_string()
            aria-valuetext=move || told.get()
            on:pointermove=follow
            on:pointerdown=follow
            on:pointerleave=move |_| cursor.set(None)
            on:blur=move |_| cursor.set(None)
            on:keydown=move |event| step(&event, cursor, untrack(last))
        >
            <svg viewBox="0 0 400 100" preserveAspectRatio="none" aria-hidden="true">
                <path class="chart-area" d=area/>
                <path class="chart-line" d=line/>
            </svg>
            <Ticks scale=scale tick=tick/>
            <i class="chart-cursor" hidden=move || cursor.get().is_none() style:left=move || {
                let part = CANVAS.x(cursor.get().unwrap_or_default(), values.with(Vec::len)) / CANVAS.width;
                format!("{:.2}%", part * 100.0)
            }></i>
        </div>
    }
}

#[component]
fn Ticks(scale: Memo<Scale>, tick: fn(f64) -> String) -> impl IntoView {
    move || {
        let scale = scale.get();
        let lines = scale.ticks.iter().map(|value| {
            let top = format!("{:.2}%", scale.y(*value, 100.0));
            view! { <span class="chart-tick" aria-hidden="true" style:top=top>{(*value > 0.0).then(|| tick(*value))}</span> }
        });
        lines.collect_view()
    }
}

/// Arrow keys move through time.
fn step(event: &KeyboardEvent, cursor: RwSignal<Option<usize>>, last: usize) {
    let at = cursor.get_untracked().unwrap_or(last);
    let next = match event.key().as_str() {
        "ArrowLeft" | "ArrowDown" => at.saturating_sub(1),
        "ArrowRight" | "ArrowUp" => at + 1,
        "PageDown" => at.saturating_sub(LARGE_STEP),
        "PageUp" => at + LARGE_STEP,
        "Home" => 0,
        "End" => last,
        "Escape" => return cursor.set(None),
        _ => return,
    };
    event.prevent_default();
    cursor.set(Some(next.min(last)));
}
