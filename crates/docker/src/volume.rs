//! Volumes: the homes.
//!
//! Only a look says what is there. The engine answers the creation of a volume that exists with that volume, and after a
//! restart without its labels until something has looked at it.

use bollard::models::VolumeCreateRequest;
use control::ports::engine::{EngineError, VolumeSpec};

use crate::{
    client::{CHANGE, Client, QUERY},
    container::is_missing,
    fault::fault,
    label,
};

/// Whether it is there, and ours.
pub(crate) async fn exists(client: &Client, spec: &VolumeSpec) -> Result<bool, EngineError> {
    let name = &spec.name;
    match client.raw(QUERY, |docker| async move { docker.inspect_volume(name).await }).await? {
        Ok(found) if is_ours(&found.labels, spec) => Ok(true),
        Ok(_) => Err(EngineError::ForeignVolume(name.clone())),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(fault(error)),
    }
}

pub(crate) async fn create(client: &Client, spec: &VolumeSpec) -> Result<(), EngineError> {
    let request = VolumeCreateRequest {
        name: Some(spec.name.clone()),
        driver: Some("local".into()),
        labels: Some(label::of_volume(spec.installation, spec.owner)),
        ..Default::default()
    };
    client.ask(CHANGE, |docker| async move { docker.create_volume(request).await }).await?;
    if exists(client, spec).await? { Ok(()) } else { Err(EngineError::Gone(format!("the volume {}", spec.name))) }
}

fn is_ours(found: &label::Labels, spec: &VolumeSpec) -> bool {
    label::of_volume(spec.installation, spec.owner).iter().all(|(key, value)| found.get(key) == Some(value))
}
