//! Nodes whose memory was used up: when, and which process the kernel ended. Told with the node's reports, and not more
//! often than a person wants to know, whatever a tenant does.

use std::{
    collections::HashMap,
    fs::File,
    io::{ErrorKind, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use control::ports::{coordination::Report, engine::RunState};
use domain::{InstanceId, node::OutOfMemory};
use parking_lot::Mutex;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::OFlags,
};

use crate::host::Host;

/// Each time is a line in the record.
const NOT_AGAIN_FOR: TimeDelta = TimeDelta::minutes(10);
/// Between what is heard of the end of a process and that of its node, where the one brought the other.
const TOGETHER: TimeDelta = TimeDelta::seconds(10);
/// 128 + SIGKILL.
const KILLED: i64 = 137;
/// The kernel's messages; only root may read them on most hosts.
const KERNEL_LOG: &str = "/dev/kmsg";
/// Longest name of a process, in bytes.
const LONGEST_NAME: usize = 15;
/// With version 1 of cgroups, the kernel notifies before it chooses and names the process.
const NAMED_WITHIN: Duration = Duration::from_secs(1);
/// One message of the kernel's is no longer.
const LONGEST_MESSAGE: usize = 8192;

/// Each node that has run out of memory since its start.
#[derive(Debug, Default)]
pub(crate) struct OutOfMemories(Mutex<HashMap<InstanceId, Happened>>);

#[derive(Debug)]
struct Happened {
    /// What was last told of it; `None` while it is being found out.
    told: Option<OutOfMemory>,
    /// The last time, told or not.
    last: DateTime<Utc>,
}

impl OutOfMemories {
    /// What was told before this worker was started.
    pub(crate) fn remember(&self, reports: &[Report]) {
        let told = reports.iter().filter_map(|report| {
            let told = report.observation.notes.out_of_memory.clone()?;
            Some((report.instance, Happened { last: told.at, told: Some(told) }))
        });
        self.0.lock().extend(told);
    }

    pub(crate) fn of(&self, node: InstanceId) -> Option<OutOfMemory> {
        self.0.lock().get(&node)?.told.clone()
    }

    /// It starts anew, or is gone.
    pub(crate) fn forget(&self, node: InstanceId) {
        self.0.lock().remove(&node);
    }

    /// What the engine says of a node's end, put right: it calls every container out of memory in which a process once was.
    pub(crate) fn judge(&self, node: InstanceId, run: RunState) -> RunState {
        match run {
            RunState::Exited { code, out_of_memory: true, at } => {
                let last = self.0.lock().get(&node).map(|happened| happened.last);
                RunState::Exited { code, out_of_memory: ended_it(last, code, at), at }
            }
            run => run,
        }
    }

    /// Takes note of it at once, before what it brings about is looked at; says whether it is to be told.
    fn note(&self, node: InstanceId, now: DateTime<Utc>) -> bool {
        let mut all = self.0.lock();
        let happened = all.entry(node).or_insert(Happened { told: None, last: now });
        happened.last = now;
        happened.told.as_ref().is_none_or(|told| now - told.at >= NOT_AGAIN_FOR)
    }

    fn tell(&self, node: InstanceId, told: OutOfMemory) {
        if let Some(happened) = self.0.lock().get_mut(&node) {
            happened.told = Some(told);
        }
    }
}

/// Whether a node that ended like this was ended for its memory, where a process of it last was at `last`.
fn ended_it(last: Option<DateTime<Utc>>, code: i64, at: DateTime<Utc>) -> bool {
    code == KILLED && last.is_some_and(|last| (at - last).abs() <= TOGETHER)
}

/// A process of this node's container was ended. Which one is found out beside the events of other nodes.
pub(crate) fn happened(host: &Arc<Host>, node: InstanceId, container: String) {
    let assigned = host.instances.assignment(node);
    let Some(memory_mib) = assigned.map(|order| order.resources.memory_mib) else { return };
    let now = host.now();
    if !host.out_of_memories.note(node, now) {
        return;
    }
    let host = host.clone();
    // Some thousand small reads at most.
    tokio::task::spawn_blocking(move || {
        let process = ended_process(Path::new(KERNEL_LOG), &container);
        tracing::info!(%node, process, memory_mib, "a node has used up its memory");
        host.out_of_memories.tell(node, OutOfMemory { at: now, process, memory_mib });
        host.instances.look_at(node);
    });
}

/// The last process of the container that the kernel says it ended; `None` where it does not say, or not to us.
fn ended_process(log: &Path, container: &str) -> Option<String> {
    let mut log = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(log).ok()?;
    let (mut buffer, mut last) = ([0; LONGEST_MESSAGE], None);
    let until = Instant::now() + NAMED_WITHIN;
    loop {
        match log.read(&mut buffer) {
            Ok(0) => return last,
            Ok(length) => last = name_in(&String::from_utf8_lossy(&buffer[..length]), container).or(last),
            // Messages were dropped meanwhile; the next read goes on behind them.
            Err(error) if error.kind() == ErrorKind::BrokenPipe || error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock && last.is_none() && says_more(&log, until) => {}
            Err(_) => return last,
        }
    }
}

/// Waits for one more message.
fn says_more(log: &File, until: Instant) -> bool {
    let rest = until.saturating_duration_since(Instant::now());
    let Ok(rest) = Timespec::try_from(rest) else { return false };
    poll(&mut [PollFd::new(log, PollFlags::IN)], Some(&rest)).is_ok_and(|ready| ready > 0)
}

/// From `oom-kill:constraint=…,oom_memcg=/docker/ID,task_memcg=…,task=NAME,pid=…`. The name is the tenant's choice.
fn name_in(message: &str, container: &str) -> Option<String> {
    let (_, told) = message.split_once("oom-kill:")?;
    let (group, task) = told.split_once(",task=")?;
    if !group.contains(container) {
        return None;
    }
    let name = task.split(",pid=").next().unwrap_or(task);
    let plain: String = name.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LONGEST_NAME).collect();
    (!plain.trim().is_empty()).then(|| plain.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "3,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c0ffee,mems_allowed=0,oom_memcg=/docker/c0ffee,task_memcg=/docker/c0ffee,task=NAME,pid=42,uid=0\n";

    #[test]
    fn the_process_is_named_and_its_name_is_harmless() {
        let name = |name: &str| name_in(&SAID.replace("NAME", name), "c0ffee");
        assert_eq!(name("python3").as_deref(), Some("python3"));
        assert_eq!(name("a,b=c\u{202e}<b>").as_deref(), Some("a,b=c<b>"));
        assert_eq!(name("\u{7}"), None);
        assert_eq!(name_in(SAID, "another"), None);
        assert_eq!(name_in("6,1,2,-;eth0: link up", "c0ffee"), None);
    }

    #[test]
    fn a_node_was_ended_for_its_memory_only_when_that_was_used_up_just_then() {
        let (end, long_before) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH - TimeDelta::minutes(5));
        assert!(ended_it(Some(end - TimeDelta::seconds(1)), KILLED, end));
        assert!(ended_it(Some(end + TimeDelta::seconds(1)), KILLED, end), "heard of late");
        assert!(!ended_it(Some(long_before), KILLED, end), "a process of it was ended, and the node lived on");
        assert!(!ended_it(Some(end), 0, end), "it ended by itself");
        assert!(!ended_it(None, KILLED, end));
    }

    #[test]
    fn each_time_counts_and_not_each_one_is_told() {
        let (all, node) = (OutOfMemories::default(), InstanceId::new(uuid::Uuid::from_u128(1)));
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let told = OutOfMemory { at: at(0), process: None, memory_mib: 64 };
        assert!(all.note(node, at(0)));
        all.tell(node, told.clone());
        assert!(!all.note(node, at(5)), "a person wants to know once");
        assert_eq!(all.of(node), Some(told));
        let ended = |at| RunState::Exited { code: KILLED, out_of_memory: true, at };
        assert_eq!(all.judge(node, ended(at(5))), ended(at(5)));
        let killed = RunState::Exited { code: KILLED, out_of_memory: false, at: at(3) };
        assert_eq!(all.judge(node, ended(at(3))), killed);
        assert!(all.note(node, at(10)));
    }

    #[test]
    fn a_name_that_comes_after_the_notice_is_waited_for() {
        let directory = tempfile::tempdir().expect("a directory");
        let log = directory.path().join("log");
        rustix::fs::mknodat(rustix::fs::CWD, &log, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
            .expect("a fifo");
        let mut kernel = File::options().read(true).write(true).open(&log).expect("opened");
        std::io::Write::write_all(&mut kernel, b"6,1,2,-;eth0: link up\n").expect("written");
        let asked = std::thread::spawn(move || ended_process(&log, "c0ffee"));
        while rustix::io::ioctl_fionread(&kernel).expect("a length") > 0 {
            std::thread::yield_now();
        }
        std::io::Write::write_all(&mut kernel, SAID.as_bytes()).expect("written");
        assert_eq!(asked.join().expect("it ends").as_deref(), Some("NAME"));
    }

    #[test]
    fn a_log_that_cannot_be_read_tells_nothing() {
        assert_eq!(ended_process(Path::new("/nowhere"), "c0ffee"), None);
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), SAID).expect("written");
        assert_eq!(ended_process(file.path(), "c0ffee").as_deref(), Some("NAME"));
    }
}
