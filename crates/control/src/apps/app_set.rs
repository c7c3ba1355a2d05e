//! Which apps a node has a record of: a pure function of the records there are and the ports that listen.
//!
//! At most [`MOST_PER_NODE`]. First come those their owner said something about, then what listens, then what listened once,
//! the newest first, so that a port that comes back finds its label again. Ports that the kernel gave to a program which did
//! not ask for one, and that are open to its own node only, are inner wiring (each Jupyter kernel has five): they become apps
//! only when their owner publishes them.

use domain::{
    AppId,
    app::{App, MOST_PER_NODE},
};

use crate::ports::node::ListeningPort;

/// From here on are the ports that the kernel gives to programs that ask for none (Linux's own default).
const PICKED_BY_CHANCE: u16 = 32768;

/// What to change in the record of one node.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Ports to make apps for.
    pub(super) add: Vec<u16>,
    /// Apps there is no room for any more.
    pub(super) remove: Vec<AppId>,
}

impl Change {
    pub(super) fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

pub(super) fn change(records: &[&App], listening: &[ListeningPort]) -> Change {
    let recorded = |port: u16| records.iter().any(|app| app.port == port);
    let silent = |app: &App| !listening.iter().any(|listening| listening.port == app.port);
    let kept = records.iter().filter(|app| app.is_kept()).count();
    let mut room = MOST_PER_NODE.saturating_sub(kept);

    let is_wiring = |port: &ListeningPort| port.loopback_only && port.port >= PICKED_BY_CHANCE;
    let is_kept = |port: &ListeningPort| records.iter().any(|app| app.port == port.port && app.is_kept());
    let mut wanted: Vec<&ListeningPort> = listening.iter().filter(|port| !is_wiring(port) && !is_kept(port)).collect();
    wanted.sort_by_key(|port| port.port);
    let (enter, stay_out) = wanted.split_at(wanted.len().min(room));
    room -= enter.len();

    let mut asleep: Vec<&&App> = records.iter().filter(|app| !app.is_kept() && silent(app)).collect();
    asleep.sort_by_key(|app| std::cmp::Reverse((app.created_at, app.id)));
    let forgotten = asleep.iter().skip(room).map(|app| app.id);
    let crowded_out = stay_out.iter().filter_map(|port| records.iter().find(|app| app.port == port.port));
    Change {
        add: enter.iter().map(|port| port.port).filter(|port| !recorded(*port)).collect(),
        remove: forgotten.chain(crowded_out.map(|app| app.id)).collect(),
    }
}

/// The app that makes room for one its owner asks for; `None` when the owner has said something about all of them.
pub(super) fn least_wanted<'a>(records: &[&'a App]) -> Option<&'a App> {
    records.iter().copied().filter(|app| !app.is_kept()).min_by_key(|app| (app.created_at, app.id))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::{NodeId, UserId, VclusterId, app::AppKind, app::AppLabel, name::NodeName};
    use uuid::Uuid;

    use super::*;

    fn app(port: u16, age: i64) -> App {
        App {
            id: AppId::new(Uuid::from_u128(u128::from(port))),
            label: AppLabel::from_random(u64::from(port)),
            vcluster: VclusterId::new(Uuid::nil()),
            owner: UserId::new(Uuid::nil()),
            node: NodeName::new(0),
            node_id: NodeId::new(Uuid::nil()),
            port,
            kind: AppKind::Port,
            name: None,
            pinned: false,
            enabled: true,
            process: None,
            created_at: DateTime::from_timestamp(1_000_000 - age, 0).expect("a time"),
        }
    }

    fn listening(ports: impl IntoIterator<Item = u16>) -> Vec<ListeningPort> {
        ports.into_iter().map(|port| ListeningPort { port, process: None, loopback_only: true }).collect()
    }

    fn changed(apps: &[App], ports: &[ListeningPort]) -> Change {
        change(&apps.iter().collect::<Vec<_>>(), ports)
    }

    #[test]
    fn a_new_port_becomes_an_app_once_and_stays_known_when_it_goes() {
        assert_eq!(changed(&[], &listening([8050])), Change { add: vec![8050], remove: vec![] });
        assert!(changed(&[app(8050, 0)], &listening([8050])).is_empty());
        assert!(changed(&[app(8050, 0)], &[]).is_empty());
    }

    #[test]
    fn when_there_is_no_room_the_oldest_silent_one_is_forgotten() {
        let full: Vec<App> = (1000..1064).map(|port| app(port, i64::from(port))).collect();
        let change = changed(&full, &listening([9000]));
        assert_eq!(change, Change { add: vec![9000], remove: vec![full[63].id] });
    }

    #[test]
    fn ports_picked_by_chance_are_apps_only_when_others_reach_them() {
        assert_eq!(changed(&[], &listening((40_000..40_005).chain([8050]))).add, [8050]);
        let open = ListeningPort { port: 40_000, process: None, loopback_only: false };
        assert_eq!(changed(&[], &[open]).add, [40_000]);
    }

    #[test]
    fn what_is_too_much_stays_out_from_the_highest_port_on() {
        let change = changed(&[], &listening(9000..9100));
        assert_eq!(change.add, (9000..9064).collect::<Vec<_>>());
    }

    #[test]
    fn what_its_owner_said_something_about_is_never_removed() {
        let kept: Vec<App> = (1000..1064).map(|port| App { pinned: true, ..app(port, 9) }).collect();
        assert!(changed(&kept, &listening(2000..2100)).is_empty());
        assert_eq!(least_wanted(&kept.iter().collect::<Vec<_>>()), None);
    }
}
