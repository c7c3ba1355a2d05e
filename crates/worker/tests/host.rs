//! The worker on a real Docker Engine with the real docklet-init; coordination is in memory. One binary, so that it is linked once.

#[path = "host/adoption.rs"]
mod adoption;
#[path = "host/apps.rs"]
mod apps;
#[path = "host/away.rs"]
mod away;
#[path = "host/broken.rs"]
mod broken;
#[path = "host/connections.rs"]
mod connections;
#[path = "host/coordination.rs"]
mod coordination;
#[path = "host/disk.rs"]
mod disk;
#[path = "host/door.rs"]
mod door;
#[path = "host/firewall.rs"]
mod firewall;
#[path = "host/handover.rs"]
mod handover;
#[path = "host/homes.rs"]
mod homes;
#[path = "host/images.rs"]
mod images;
#[path = "host/isolation.rs"]
mod isolation;
#[path = "host/lab.rs"]
mod lab;
#[path = "host/life.rs"]
mod life;
#[path = "host/limits.rs"]
mod limits;
#[path = "host/orphans.rs"]
mod orphans;
#[path = "host/reach.rs"]
mod reach;
#[path = "host/registry.rs"]
mod registry;
#[path = "host/removal.rs"]
mod removal;
#[path = "host/restart.rs"]
mod restart;
#[path = "host/scripts.rs"]
mod scripts;
#[path = "host/speed.rs"]
mod speed;
#[path = "host/tasks.rs"]
mod tasks;
#[path = "host/trouble.rs"]
mod trouble;
#[path = "host/unready.rs"]
mod unready;
#[path = "host/usage.rs"]
mod usage;
#[path = "host/walled.rs"]
mod walled;
