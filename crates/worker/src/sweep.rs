//! The slow look at everything: finds instances that are not as their drivers believe, and what has no assignment.

use std::{collections::HashMap, sync::Arc, time::Duration};

use control::ports::engine::{Container, ContainerLabels, EngineError, Network, RunState};
use domain::InstanceId;

use crate::{assignment_watcher::spawn_driver, driver_state::DriverState, host::Host, orphans, run_dir};

/// Soon after the first: what the engine was still busy with when this worker's predecessor was ended is there by then.
const SECOND_SWEEP: Duration = Duration::from_secs(4);

/// Never ends by itself.
pub(crate) async fn run(host: Arc<Host>) {
    let soon = SECOND_SWEEP.min(host.config.sweep_every);
    let mut pause = soon;
    loop {
        let swept = sweep(&host).await;
        if let Err(error) = &swept {
            tracing::warn!(%error, "the host cannot be looked over");
        }
        if let Err(away @ EngineError::Unreachable(_)) = &swept {
            // It may hang without ending the stream of its events, and then only the sweep notices.
            host.presence.engine_is_away(away);
            host.instances.look_at_all();
            pause = soon;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = host.config.sweep_every,
            () = host.sweep_soon.notified() => {}
        }
    }
}

async fn sweep(host: &Arc<Host>) -> Result<(), EngineError> {
    for assignment in host.instances.take_out_broken() {
        tracing::error!(instance = %assignment.instance, "the driver of an instance has broken off; it gets another one");
        if let Some(handle) = host.instances.assign((*assignment).clone()) {
            let last = host.reports.last(assignment.instance);
            spawn_driver(host, handle, DriverState::new(None, false, last.as_ref()));
        }
    }
    // Also so that it is known until when it was there.
    host.look_for_restart().await?;
    let containers = host.engine.containers(host.config.installation).await?;
    host.presence.engine_answers();
    let ours: Vec<(ContainerLabels, Container)> =
        containers.into_iter().filter_map(|container| container.ours.map(|labels| (labels, container))).collect();
    look_where_it_differs(host, &ours);
    // The list is older than this look at the registry: what was created since is assigned, and not in the list.
    if host.instances.is_complete() {
        orphans::look_after(host, &ours).await?;
        clear_away(host, &ours).await?;
    }
    Ok(())
}

/// A driver whose node is as it was said to be is left in peace. The list may be older than what a driver has just done;
/// that costs a needless look.
fn look_where_it_differs(host: &Host, ours: &[(ContainerLabels, Container)]) {
    let seen: HashMap<InstanceId, bool> = ours
        .iter()
        .map(|(labels, container)| (labels.instance, matches!(container.run, RunState::Running { .. })))
        .collect();
    for node in host.instances.assigned() {
        if seen.get(&node).copied().unwrap_or(false) != host.reports.is_running(node) {
            host.instances.look_at(node);
        }
    }
}

/// Removes directories and networks of nodes that have neither a container nor an assignment: they hold no owner's
/// data, and are made anew when they are needed.
async fn clear_away(host: &Arc<Host>, ours: &[(ContainerLabels, Container)]) -> Result<(), EngineError> {
    let directories = run_dir::nodes(&host.config.data_dir).unwrap_or_else(|error| {
        tracing::warn!(%error, "the nodes' directories cannot be listed");
        Vec::new()
    });
    for node in directories.into_iter().filter(|node| ours.iter().all(|(labels, _)| labels.instance != *node)) {
        if let Some(handle) = host.instances.orphan(node, None, None) {
            spawn_driver(host, handle, DriverState::new(None, false, None));
        }
    }
    let networks = host.engine.networks(host.config.installation).await?;
    let is_empty = |network: &Network| ours.iter().all(|(labels, _)| labels.vcluster != Some(network.vcluster));
    let unused = networks.into_iter().filter(|network| is_empty(network) && !host.instances.knows(network.vcluster));
    for Network { vcluster, name, .. } in unused {
        tracing::info!(%vcluster, name, "removing a network without nodes");
        if let Err(error) = host.networks.remove_orphan(host, vcluster).await {
            tracing::warn!(%vcluster, name, %error, "a network without nodes cannot be removed");
        }
    }
    Ok(())
}
