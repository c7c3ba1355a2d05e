//! What /proc says about processes.

use std::fs;

use rustix::process::Pid;

/// The name of a process as the kernel knows it, at most 15 bytes.
pub(super) fn name(pid: Pid) -> Option<String> {
    name_of(pid.as_raw_nonzero().get().unsigned_abs())
}

/// The same, by number.
pub(super) fn name_of(pid: u32) -> Option<String> {
    let name = fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(String::from_utf8_lossy(&name).trim_end().to_owned())
}

/// The ids of all processes this one can see.
pub(super) fn processes() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// All processes that descend from this one.
pub(super) fn descendants(ancestor: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = processes().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut found = vec![ancestor];
    let mut at = 0;
    while let Some(&pid) = found.get(at) {
        let children = parents.iter().filter(|(child, parent)| *parent == pid && !found.contains(child));
        let children: Vec<u32> = children.map(|(child, _)| *child).collect();
        found.extend(children);
        at += 1;
    }
    found.split_off(1)
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    parent_of(&stat)
}

/// `4711 (name with ) and spaces) S 1 …`
fn parent_of(stat: &[u8]) -> Option<u32> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    std::str::from_utf8(&stat[after_name..]).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_behind_a_hostile_name() {
        assert_eq!(parent_of(b"12 (a) S 99 (b) S 34 5 6"), Some(34));
        assert_eq!(parent_of(b"12 no name"), None);
    }
}
