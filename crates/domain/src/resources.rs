//! How much of a host one node gets. Knows the units and the least that works, not who may have how much.

use serde::{Deserialize, Serialize};

use crate::Violation;

/// CPUs, memory and processes of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub cpu_milli: u32,
    /// MiB of memory; there is no swap on top.
    pub memory_mib: u32,
    /// The most processes and threads. The installation's choice, not its owner's.
    #[serde(default = "pids_before")]
    pub pids: u32,
}

/// What nodes had before it was written down with each.
const fn pids_before() -> u32 {
    Resources::PIDS_BEFORE
}

impl Resources {
    /// Less than this and a shell does not answer in useful time.
    pub const LEAST_CPU_MILLI: u32 = 50;
    /// Less than this and sshd, a shell and docklet-init do not fit.
    pub const LEAST_MEMORY_MIB: u32 = 64;
    /// What nodes had before it was written down with each.
    pub const PIDS_BEFORE: u32 = 1024;
    /// No host is larger; keeps the arithmetic far from its ends.
    pub const MOST_CPUS: f64 = 4096.0;
    pub const MOST_MEMORY_MIB: u32 = 64 * 1024 * 1024;

    /// From what a client writes: CPUs as a number such as 1.5, memory in MiB; and how many
    /// processes the installation gives to each node. Reports every field at fault.
    pub fn parse(cpus: f64, memory_mib: u64, pids: u32) -> Result<Self, Vec<Violation>> {
        let mut faults = Vec::new();
        let least_cpus = f64::from(Self::LEAST_CPU_MILLI) / 1000.0;
        if !(least_cpus..=Self::MOST_CPUS).contains(&cpus) {
            faults.push(Violation::new(
                "resources.cpus",
                format!("must be between {least_cpus} and {} CPUs", Self::MOST_CPUS),
            ));
        }
        let memory =
            u32::try_from(memory_mib).ok().filter(|m| (Self::LEAST_MEMORY_MIB..=Self::MOST_MEMORY_MIB).contains(m));
        if memory.is_none() {
            let rule = format!("must be between {} and {} MiB", Self::LEAST_MEMORY_MIB, Self::MOST_MEMORY_MIB);
            faults.push(Violation::new("resources.memory_mib", rule));
        }
        match memory {
            // The range above keeps the product inside u32 and not negative.
            Some(memory_mib) if faults.is_empty() => {
                Ok(Self { cpu_milli: (cpus * 1000.0).round() as u32, memory_mib, pids })
            }
            _ => Err(faults),
        }
    }

    pub fn cpus(self) -> f64 {
        f64::from(self.cpu_milli) / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error, MapDeserializer};

    use super::*;

    #[test]
    fn cpus_are_kept_in_thousandths() {
        let resources = Resources { cpu_milli: 1500, memory_mib: 1024, pids: 512 };
        assert_eq!((Resources::parse(1.5, 1024, 512), resources.cpus()), (Ok(resources), 1.5));
    }

    #[test]
    fn the_smallest_and_the_largest_node_are_nodes() {
        for (cpus, memory) in [(0.05, 64), (4096.0, 64 << 20)] {
            assert!(Resources::parse(cpus, memory, 512).is_ok(), "{cpus} {memory}");
        }
    }

    #[test]
    fn what_was_written_before_processes_were_counted_has_as_many_as_it_had_then() {
        let written = [("cpu_milli", 1500_u32), ("memory_mib", 1024)];
        let read = Resources::deserialize(MapDeserializer::<_, Error>::new(written.into_iter()));
        assert_eq!(read, Ok(Resources { cpu_milli: 1500, memory_mib: 1024, pids: 1024 }));
    }

    #[test]
    fn each_field_at_fault_is_named() {
        for (cpus, memory, fields) in [
            (0.0, 1024, vec!["resources.cpus"]),
            (-1.0, 0, vec!["resources.cpus", "resources.memory_mib"]),
            (f64::NAN, 1024, vec!["resources.cpus"]),
            (f64::INFINITY, 1024, vec!["resources.cpus"]),
            (1.0, u64::MAX, vec!["resources.memory_mib"]),
            (4096.1, (64 << 20) + 1, vec!["resources.cpus", "resources.memory_mib"]),
        ] {
            let faults = Resources::parse(cpus, memory, 512).expect_err("must be refused");
            assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), fields);
        }
    }
}
