//! Volumes: the homes.

use bollard::models::VolumeCreateRequest;
use control::ports::engine::{EngineError, VolumeSpec};

use crate::{
    client::{CHANGE, Client},
    label,
};

/// The engine's create returns the volume that is there, so one request does both; whose it is, its labels say.
pub(crate) async fn ensure(client: &Client, spec: &VolumeSpec) -> Result<(), EngineError> {
    let labels = label::of_volume(spec.installation, spec.owner);
    let request = VolumeCreateRequest {
        name: Some(spec.name.clone()),
        driver: Some("local".into()),
        labels: Some(labels.clone()),
        ..Default::default()
    };
    let volume = client.ask(CHANGE, |docker| async move { docker.create_volume(request).await }).await?;
    if labels.iter().all(|(key, value)| volume.labels.get(key) == Some(value)) {
        Ok(())
    } else {
        let name = &spec.name;
        Err(EngineError::Refused(format!("the volume {name} is not Docklet's; rename or remove it, then start again")))
    }
}
