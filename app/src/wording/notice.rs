//! Which changes deserve a word to a user who may be looking elsewhere, and which word.

use catalogue::t;
use domain::{
    operation::{OperationKind, OperationState},
    vcluster::VclusterState,
};
use wire::vcluster::{Node, Vcluster};

use super::{
    amount::count_nodes,
    time::took,
    vcluster::{Tone, host_of, last_action, out_of_memory, state_word, tone},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

/// What to say about a change, if anything: operations that ended, and vclusters that broke by themselves.
pub(crate) fn of_change(before: Option<&Vcluster>, after: &Vcluster) -> Option<Notice> {
    let same_operation = |before: &Vcluster| before.operation.id == after.operation.id;
    let was_running = before.is_none_or(|b| !same_operation(b) || b.operation.state == OperationState::Running);
    match after.operation.state {
        OperationState::Succeeded if was_running => Some(Notice { tone: tone(after.state), text: success(after) }),
        OperationState::Failed if was_running => {
            let reason = after.operation.reason.clone().unwrap_or_else(|| t!("notice-no-reason"));
            let text = t!("notice-failed", name = after.name.as_str(), what = last_action(after), reason = reason);
            Some(Notice { tone: Tone::Bad, text })
        }
        _ => ran_out(before?, after).or_else(|| broke(before?, after)),
    }
}

/// A node has used up its memory since.
fn ran_out(before: &Vcluster, after: &Vcluster) -> Option<Notice> {
    let known = |node: &Node| before.nodes.iter().find(|old| old.name == node.name)?.out_of_memory.clone();
    let node = after.nodes.iter().find(|node| node.out_of_memory.is_some() && node.out_of_memory != known(node))?;
    let what = out_of_memory(node.out_of_memory.as_ref()?);
    let text = t!("notice-out-of-memory", name = after.name.as_str(), node = node.name.as_str(), what = what);
    Some(Notice { tone: Tone::Bad, text })
}

pub(crate) fn of_gone(vcluster: &Vcluster) -> Notice {
    Notice { tone: Tone::Quiet, text: t!("notice-deleted", name = vcluster.name.as_str()) }
}

fn success(after: &Vcluster) -> String {
    let name = after.name.as_str();
    let nodes = count_nodes(after.nodes.len());
    let operation = &after.operation;
    match operation.kind {
        OperationKind::Create => match operation.finished_at {
            Some(end) => {
                t!("notice-created-in", name = name, nodes = nodes, length = took(end - operation.started_at))
            }
            None => t!("notice-created", name = name),
        },
        OperationKind::Start => t!("notice-started", name = name, state = state_word(after.state)),
        OperationKind::Restart => t!("notice-restarted", name = name),
        OperationKind::Recover => t!("notice-recovered", name = name, host = host_of(operation.host.as_deref())),
        OperationKind::Stop => t!("notice-stopped", name = name),
        OperationKind::Delete => t!("notice-deleted", name = name),
        OperationKind::AddNodes | OperationKind::RemoveNode => t!("notice-has-nodes", name = name, nodes = nodes),
        OperationKind::OutOfMemory => t!("activity-out-of-memory"),
        OperationKind::MadeBefore => t!("activity-made-before"),
        OperationKind::Opened => t!("activity-opened"),
    }
}

/// A change that no user asked for: a node failed or a host was lost.
fn broke(before: &Vcluster, after: &Vcluster) -> Option<Notice> {
    let broken = |state| matches!(state, VclusterState::Degraded | VclusterState::Failed);
    let settled = after.operation.state != OperationState::Running;
    (settled && broken(after.state) && before.state != after.state).then(|| {
        let reason = after.reason.clone().unwrap_or_else(|| t!("notice-no-reason"));
        let (name, state) = (after.name.as_str(), state_word(after.state));
        Notice { tone: tone(after.state), text: t!("notice-broke", name = name, state = state, reason = reason) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::node::OutOfMemory;

    use crate::wording::samples::{at, vcluster};

    fn said(before: Option<VclusterState>, after: &Vcluster) -> Option<String> {
        let before = before.map(|state| vcluster("1", state));
        of_change(before.as_ref(), after).map(|notice| notice.text)
    }

    #[test]
    fn the_end_of_an_operation_is_said_once() {
        let after = vcluster("1", VclusterState::Running);
        assert_eq!(said(Some(VclusterState::Creating), &after).as_deref(), Some("lab-1 is running: 2 nodes in 2.0 s."));
        assert_eq!(said(Some(VclusterState::Running), &after), None);
    }

    #[test]
    fn progress_alone_is_not_worth_a_word() {
        assert_eq!(said(Some(VclusterState::Creating), &vcluster("1", VclusterState::Creating)), None);
        assert_eq!(said(None, &vcluster("1", VclusterState::Creating)), None);
    }

    #[test]
    fn a_failed_operation_says_why() {
        let mut after = vcluster("1", VclusterState::Failed);
        after.operation.state = OperationState::Failed;
        after.operation.reason = Some("node-0: the image is missing".into());
        let said = said(Some(VclusterState::Creating), &after);
        assert_eq!(said.as_deref(), Some("lab-1: Creation failed. node-0: the image is missing"));
    }

    #[test]
    fn memory_that_is_used_up_is_said_once() {
        let before = vcluster("1", VclusterState::Running);
        let mut after = before.clone();
        let told = OutOfMemory { at: at(9), process: Some("python3".into()), memory_mib: 1024 };
        after.nodes[1].out_of_memory = Some(told);
        let said = of_change(Some(&before), &after).map(|notice| notice.text);
        let text = "lab-1, node-1: python3 was killed because the node ran out of memory (1024 MiB).";
        assert_eq!(said.as_deref(), Some(text));
        assert_eq!(of_change(Some(&after), &after), None);
    }

    #[test]
    fn what_breaks_by_itself_is_said() {
        let mut after = vcluster("1", VclusterState::Degraded);
        after.reason = Some("node-1: host hera does not answer".into());
        let said = said(Some(VclusterState::Running), &after);
        assert_eq!(said.as_deref(), Some("lab-1 is degraded. node-1: host hera does not answer"));
    }
}
