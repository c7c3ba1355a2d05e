//! What the order takes of what is left, or why it cannot be had.

use catalogue::t;
use leptos::prelude::*;

use super::form::Chosen;
use crate::wording::amount::{memory, number};

#[component]
pub(super) fn Takes(chosen: Chosen, obstacle: Memo<Option<String>>) -> impl IntoView {
    let sentence = move || obstacle.get().unwrap_or_else(|| sentence(chosen));
    view! { <p class="sub takes" role="status">{sentence}</p> }
}

fn sentence(chosen: Chosen) -> String {
    let Ok(order) = chosen.form().parse() else { return t!("new-not-numbers") };
    let left = chosen.left.get();
    let nodes = u64::try_from(order.nodes).unwrap_or(0);
    let mib = nodes.saturating_mul(u64::try_from(order.resources.memory_mib).unwrap_or(0));
    // Far below 2^53.
    let cpus = order.resources.cpus * nodes as f64;
    let takes = t!(
        "new-takes",
        nodes = nodes,
        nodes_left = left.nodes,
        cpus = number(cpus),
        cpus_left = number(left.cpus),
        memory = memory(mib),
        memory_left = memory(left.memory_mib),
    );
    let too_much = nodes > u64::from(left.nodes) || cpus > left.cpus || mib > left.memory_mib;
    if too_much { t!("new-takes-too-much", takes = takes) } else { takes }
}
