//! What the order takes of what is left, or why it cannot be had.

use leptos::prelude::*;

use super::form::Chosen;
use crate::wording::amount::{memory, number};

#[component]
pub(super) fn Takes(chosen: Chosen, obstacle: Memo<Option<String>>) -> impl IntoView {
    let sentence = move || obstacle.get().unwrap_or_else(|| sentence(chosen));
    view! { <p class="sub takes" role="status">{sentence}</p> }
}

fn sentence(chosen: Chosen) -> String {
    let Ok(order) = chosen.form().parse() else { return "Some fields are not numbers yet.".into() };
    let left = chosen.left.get();
    let nodes = u64::try_from(order.nodes).unwrap_or(0);
    let mib = nodes.saturating_mul(u64::try_from(order.resources.memory_mib).unwrap_or(0));
    // Far below 2^53.
    let cpus = order.resources.cpus * nodes as f64;
    let sentence = format!(
        "Takes {nodes} of {} free nodes, {} of {} CPUs, {} of {}",
        left.nodes,
        number(cpus),
        number(left.cpus),
        memory(mib),
        memory(left.memory_mib)
    );
    let too_much = nodes > u64::from(left.nodes) || cpus > left.cpus || mib > left.memory_mib;
    if too_much { format!("{sentence}: more than is left") } else { sentence }
}
