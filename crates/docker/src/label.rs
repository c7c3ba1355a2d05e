//! Our labels, written and read. What lacks them, or has them malformed, is not ours.

use std::{collections::HashMap, str::FromStr};

use control::ports::engine::{ContainerLabels, ContainerSpec, NetworkSpec, label};
use domain::{InstallationId, UserId, VclusterId, node::Generation};

pub(crate) type Labels = HashMap<String, String>;

/// A filter that lists only what carries this installation's label.
pub(crate) fn filter(installation: InstallationId) -> (String, Vec<String>) {
    ("label".to_owned(), vec![format!("{}={installation}", label::INSTALLATION)])
}

pub(crate) fn of_installation(installation: InstallationId) -> Labels {
    HashMap::from([(label::INSTALLATION.to_owned(), installation.to_string())])
}

pub(crate) fn of_container(spec: &ContainerSpec) -> Labels {
    let mut labels = of_installation(spec.installation);
    labels.insert(label::OWNER.to_owned(), spec.owner.to_string());
    let instance = match spec.vcluster {
        Some(vcluster) => {
            labels.insert(label::VCLUSTER.to_owned(), vcluster.to_string());
            label::NODE
        }
        None => label::TASK,
    };
    labels.insert(instance.to_owned(), spec.instance.to_string());
    labels.insert(label::GENERATION.to_owned(), spec.generation.0.to_string());
    labels
}

pub(crate) fn of_network(spec: &NetworkSpec) -> Labels {
    let mut labels = of_installation(spec.installation);
    labels.insert(label::OWNER.to_owned(), spec.owner.to_string());
    labels.insert(label::VCLUSTER.to_owned(), spec.vcluster.to_string());
    labels
}

pub(crate) fn of_volume(installation: InstallationId, owner: UserId) -> Labels {
    let mut labels = of_installation(installation);
    labels.insert(label::OWNER.to_owned(), owner.to_string());
    labels
}

pub(crate) fn is_ours(labels: &Labels, installation: InstallationId) -> bool {
    read(labels, label::INSTALLATION) == Some(installation)
}

/// What the labels say; `None` when the container is no instance of this installation.
pub(crate) fn container(labels: &Labels, installation: InstallationId) -> Option<ContainerLabels> {
    if !is_ours(labels, installation) {
        return None;
    }
    let (vcluster, instance) = match read(labels, label::TASK) {
        Some(task) => (None, task),
        None => (Some(read(labels, label::VCLUSTER)?), read(labels, label::NODE)?),
    };
    Some(ContainerLabels {
        owner: read(labels, label::OWNER)?,
        vcluster,
        instance,
        generation: Generation(read(labels, label::GENERATION)?),
    })
}

/// The vcluster of a network; `None` when the network is not this installation's.
pub(crate) fn network(labels: &Labels, installation: InstallationId) -> Option<VclusterId> {
    if is_ours(labels, installation) { read(labels, label::VCLUSTER) } else { None }
}

pub(crate) fn read<T: FromStr>(labels: &Labels, key: &str) -> Option<T> {
    labels.get(key)?.parse().ok()
}
