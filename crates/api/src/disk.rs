//! What people take of the hosts' disks.

use control::disk::{Counted, Held};
use domain::name::UserName;
use wire::disk::{DiskUse, DiskUseOf, DiskUses};

use crate::{Api, Refusal};

impl Api {
    pub async fn my_disk(&self) -> DiskUse {
        let counted = self.control().disks.mine(&self.actor).await;
        let Held { nodes, home } = counted.held;
        let hosts_missing = missing(&counted);
        DiskUse { nodes_bytes: nodes, home_bytes: home, counted_at: counted.at, hosts_missing }
    }

    pub async fn disks(&self) -> Result<DiskUses, Refusal> {
        let counted = self.control().disks.by_person(&self.actor).await?;
        let of = |(name, held): &(UserName, Held)| DiskUseOf {
            name: name.to_string(),
            nodes_bytes: held.nodes,
            home_bytes: held.home,
        };
        let hosts_missing = missing(&counted);
        Ok(DiskUses { items: counted.held.iter().map(of).collect(), counted_at: counted.at, hosts_missing })
    }
}

fn missing<T>(counted: &Counted<T>) -> u32 {
    u32::try_from(counted.missing).unwrap_or(u32::MAX)
}
