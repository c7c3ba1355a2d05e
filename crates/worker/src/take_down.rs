//! Taking an instance down: stopping it, removing it, clearing away what it stood on.

use control::ports::{
    coordination::{Assignment, Order},
    engine::EngineError,
};
use domain::{VclusterId, node::Phase};

use crate::{
    driver::{Driver, Flow},
    instance_registry::Desired,
    run_dir,
};

impl Driver {
    /// The container is kept, with everything the tenant made of it.
    pub(crate) async fn stop(&mut self, order: &Assignment, id: &str) -> Result<Flow, EngineError> {
        self.report(order, Phase::Stopping);
        let host = self.host.clone();
        let grace = u32::try_from(host.config.stop_grace.as_secs()).unwrap_or(u32::MAX);
        // A clone, so that the change is still news to the driver itself.
        let mut desired = self.desired.clone();
        let stop = host.in_turn(&host.stops, host.engine.stop_container(id, grace));
        tokio::pin!(stop);
        loop {
            tokio::select! {
                biased;
                stopped = &mut stop => {
                    stopped?;
                    self.state.ready_since = None;
                    return Ok(Flow::Look);
                }
                // What is to be removed need not end in peace. Anything else waits until it has ended.
                Ok(()) = desired.changed() => {
                    if matches!(&*desired.borrow(), Desired::Assigned(next) if next.order == Order::Remove) {
                        return Ok(Flow::Superseded);
                    }
                }
            }
        }
    }

    pub(crate) async fn remove(&mut self, order: &Assignment, id: &str) -> Result<Flow, EngineError> {
        self.report(order, Phase::Stopping);
        self.take_away(id).await?;
        self.clear(order.vcluster()).await
    }

    /// The container and nothing else.
    pub(crate) async fn take_away(&mut self, id: &str) -> Result<(), EngineError> {
        let host = self.host.clone();
        host.in_turn(&host.permits, host.engine.remove_container(id)).await?;
        self.state.container = None;
        self.state.ready_since = None;
        Ok(())
    }

    /// In this order: when it is reported absent, nothing of it may be left.
    pub(crate) async fn clear(&mut self, vcluster: Option<VclusterId>) -> Result<Flow, EngineError> {
        let host = self.host.clone();
        self.remove_run_dir().await?;
        if let Some(vcluster) = vcluster {
            host.networks.leave(&host, vcluster, self.instance).await?;
        }
        Ok(Flow::Rest(Phase::Absent))
    }

    /// Of an orphan. Its network is the sweep's.
    pub(crate) async fn take_all_away(&mut self, container: Option<&str>) -> Result<(), EngineError> {
        if let Some(id) = container {
            self.take_away(id).await?;
        }
        self.remove_run_dir().await
    }

    async fn remove_run_dir(&self) -> Result<(), EngineError> {
        let removed = run_dir::remove(&self.host.config.data_dir, self.instance).await;
        removed.map_err(|fault| EngineError::Refused(format!("its directory on the host cannot be removed: {fault}")))
    }
}
