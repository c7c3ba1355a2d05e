//! What would let a job start earlier, and how its owner stands in the queue.

use control::jobs::{Change, Reason, Standing as Found, WhatIf as Would};
use domain::JobRef;
use wire::why::{Standing, WaitingFor, WhatIf};

use crate::{Api, Refusal, jobs::code};

impl Api {
    /// The first one starts it first. None for a job that does not wait.
    pub async fn what_ifs(&self, job: JobRef) -> Result<Vec<WhatIf>, Refusal> {
        let found = self.control().jobs.what_ifs(&self.actor, job).await?;
        Ok(found.iter().map(what_if).collect())
    }

    pub async fn standing(&self) -> Result<Standing, Refusal> {
        Ok(standing(&self.control().jobs.standing(&self.actor).await?))
    }
}

fn what_if(would: &Would) -> WhatIf {
    let whole = WhatIf {
        sentence: would.to_string(),
        cpus: None,
        memory_mib: None,
        time_limit_s: None,
        release: false,
        starts_at: would.starts_at,
        now: would.now,
    };
    match would.change {
        Change::CpuMilli { to, .. } => WhatIf { cpus: Some(f64::from(to) / 1000.0), ..whole },
        Change::MemoryMib { to, .. } => WhatIf { memory_mib: Some(to), ..whole },
        Change::TimeLimitS { to, .. } => WhatIf { time_limit_s: Some(to), ..whole },
        Change::Release => WhatIf { release: true, ..whole },
    }
}

fn standing(found: &Found) -> Standing {
    let waiting = |(reason, jobs): &(Reason, u32)| WaitingFor { code: code(reason), jobs: *jobs };
    let standing = Standing {
        sentence: String::new(),
        used_cpu_hours: found.used_cpu_hours,
        of_all: found.of_all,
        times_of_share: found.times_of_share,
        half_life_s: found.half_life.num_seconds(),
        running_cpus: found.running_cpus,
        decides: found.decides,
        waiting: found.waiting.iter().map(waiting).collect(),
    };
    standing.said()
}
