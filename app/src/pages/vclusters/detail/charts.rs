//! What all nodes use together, over time; and the same as a table.

use catalogue::t;
use domain::node::NodeState;
use leptos::prelude::*;
use wire::vcluster::Vcluster;

use crate::{
    components::time_chart::TimeChart,
    contexts::vcluster_live::{VclusterLive, use_vcluster_live},
    usage::{Measure, Window},
    wording::{amount::number, usage as said},
};

/// Steps of a chart: about one in three pixels where it is widest.
const STEPS: usize = 151;
/// Rows of the table.
const ROWS: usize = 6;

/// The stretches of time one can look at, in minutes.
const WINDOWS: [i64; 3] = [5, 15, 60];

#[component]
pub(super) fn Charts(vcluster: Memo<Vcluster>) -> impl IntoView {
    let vcluster_live = use_vcluster_live();
    let minutes = RwSignal::new(WINDOWS[0]);
    let window = Signal::derive(move || Window::minutes(minutes.get(), STEPS));
    let cpus = Memo::new(move |_| vcluster.with(|it| it.resources.cpus * it.nodes.len() as f64));
    let mib = Memo::new(move |_| vcluster.with(memory_of_all));
    let runs = Memo::new(move |_| vcluster.with(|it| it.nodes.iter().any(|node| node.state == NodeState::Running)));
    let now = move |measure: Measure, say: fn(f64, f64, u64) -> String| {
        Signal::derive(move || match latest(vcluster_live, measure) {
            _ if !runs.get() => t!("charts-not-running"),
            Some(value) => say(value, cpus.get(), mib.get()),
            None => t!("charts-no-figure"),
        })
    };
    let series = move |measure| Signal::derive(move || vcluster_live.of_all(measure, window.get()));
    view! {
        <section class="charts" aria-label=t!("charts-region")>
            <TimeChart
                label=t!("charts-cpu")
                values=series(Measure::Cpu)
                limit=cpus
                window=window
                now=now(Measure::Cpu, |used, cpus, _| said::cpus_of(used, cpus))
                said=said::cpus
                tick=number
            />
            <TimeChart
                label=t!("charts-memory")
                values=series(Measure::Memory)
                // Far below 2^53.
                limit=Signal::derive(move || mib.get() as f64)
                window=window
                now=now(Measure::Memory, |used, _, mib| said::memory_of(used, mib))
                said=said::memory
                tick=said::memory
            />
            <Foot minutes=minutes window=window/>
        </section>
    }
}

fn memory_of_all(vcluster: &Vcluster) -> u64 {
    let each = u64::try_from(vcluster.resources.memory_mib).unwrap_or(0);
    each * u64::try_from(vcluster.nodes.len()).unwrap_or(0)
}

/// What is used at this moment.
fn latest(vcluster_live: VclusterLive, measure: Measure) -> Option<f64> {
    vcluster_live.of_all(measure, Window::minutes(1, 2)).last().copied().flatten()
}

/// How far back, and the figures as a table.
#[component]
fn Foot(minutes: RwSignal<i64>, window: Signal<Window>) -> impl IntoView {
    let choice = move |value: i64| {
        let text = match value {
            5 => t!("charts-window-5"),
            15 => t!("charts-window-15"),
            _ => t!("charts-window-60"),
        };
        view! {
            <button
                type="button"
                class="choice"
                aria-pressed=move || if minutes.get() == value { "true" } else { "false" }
                on:click=move |_| minutes.set(value)
            >
                {text}
            </button>
        }
    };
    view! {
        <div class="charts-foot">
            <div class="theme-switch needs-script" role="group" aria-label=t!("charts-window")>{WINDOWS.map(choice)}</div>
            <details class="charts-table">
                <summary>{t!("charts-table")}</summary>
                <Table window=window/>
            </details>
        </div>
    }
}

#[component]
fn Table(window: Signal<Window>) -> impl IntoView {
    let vcluster_live = use_vcluster_live();
    let figures = Memo::new(move |_| {
        let steps = Window { count: ROWS, ..window.get() };
        let (cpu, memory) = (vcluster_live.of_all(Measure::Cpu, steps), vcluster_live.of_all(Measure::Memory, steps));
        let row =
            |index| (steps.before_end(index), cpu.get(index).copied().flatten(), memory.get(index).copied().flatten());
        (0..ROWS).rev().map(row).collect::<Vec<_>>()
    });
    let text = |value: Option<f64>, say: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), say);
    let rows = move || {
        let rows = figures.get().into_iter();
        rows.map(|(when, cpu, memory)| {
            view! {
                <tr>
                    <th scope="row">{said::before(when)}</th>
                    <td data-label=t!("charts-cpu")>{text(cpu, said::cpus)}</td>
                    <td data-label=t!("charts-memory")>{text(memory, said::memory)}</td>
                </tr>
            }
        })
        .collect_view()
    };
    view! {
        <table class="card">
            <thead>
                <tr>
                    <th scope="col">{t!("charts-table-when")}</th>
                    <th scope="col">{t!("charts-cpu")}</th>
                    <th scope="col">{t!("charts-memory")}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}
