//! The fence around all nodes of this host: nothing in the vclusters' network may reach 169.254.0.0/16, where clouds
//! answer questions about the host, nor another vcluster, whatever becomes of Docker's own rules. Set by docklet-init's binary in a short task on the host, so that dockletd itself needs
//! no powers over the host's network; no node is started before it stands.

use control::ports::engine::{EngineError, HostTask};
use domain::image::ImageRef;
use tokio::sync::Mutex;

use crate::host::Host;

/// Whether it stands.
#[derive(Debug, Default)]
pub(crate) struct Fence(Mutex<bool>);

impl Fence {
    /// Sets it unless it stands. The image only lends its file system; any will do.
    pub(crate) async fn ensure(&self, host: &Host, image: &ImageRef) -> Result<(), EngineError> {
        let Some(fenced) = host.config.fenced else { return Ok(()) };
        let mut stands = self.0.lock().await;
        if !*stands {
            let task = HostTask {
                installation: host.config.installation,
                image: image.clone(),
                init: host.init.clone(),
                arguments: vec!["fence".into(), fenced.to_string()],
                capabilities: vec!["NET_ADMIN".into()],
            };
            host.engine.run_host_task(&task).await?;
            *stands = true;
        }
        Ok(())
    }

    /// Sets it ahead of the first node, if the usual image is there.
    pub(crate) async fn ensure_early(&self, host: &Host) -> Result<(), EngineError> {
        let image = &host.config.base_image;
        let is_wanted = host.config.fenced.is_some() && !*self.0.lock().await;
        if is_wanted && host.engine.has_image(image).await? {
            self.ensure(host, image).await?;
        }
        Ok(())
    }

    /// The engine was away, and the host perhaps with it.
    pub(crate) async fn doubt(&self) {
        *self.0.lock().await = false;
    }
}
