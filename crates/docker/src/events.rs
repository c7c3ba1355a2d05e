//! What happens on the engine, as hints to look at an instance or a network.

use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

use bollard::{Docker, errors::Error, models::EventMessage, query_parameters::EventsOptionsBuilder};
use control::ports::engine::{EngineError, EngineEvent};
use domain::InstallationId;
use futures::{
    Stream, StreamExt,
    future::ready,
    stream::{self, BoxStream},
};

use crate::{client::Client, fault::fault, label, network::Known};

/// What changes whether a container runs, or what runs in it. Not `create` (nothing runs yet), nor the many `exec_…`.
const OF_CONTAINERS: [&str; 7] = ["die", "destroy", "start", "pause", "unpause", "rename", OUT_OF_MEMORY];
const OUT_OF_MEMORY: &str = "oom";
/// What takes a network away. Not `disconnect`: every node that stops does that.
const OF_NETWORKS: [&str; 1] = ["destroy"];

pub(crate) async fn subscribe(
    client: &Client,
    installation: InstallationId,
    known: Known,
) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError> {
    let docker = client.docker().await?;
    let (key, labels) = label::filter(installation);
    let containers = listen(&docker, "container", &OF_CONTAINERS, Some((key, labels)))
        .map(move |answer| answer.map(|event| of_container(event, installation)));
    // The engine's events about networks carry no labels, so all are heard and the known ones picked out.
    let networks =
        listen(&docker, "network", &OF_NETWORKS, None).map(move |answer| answer.map(|event| of_network(event, &known)));
    let hints = stream::select(containers, networks)
        .filter_map(|answer| ready(answer.map_err(fault).transpose()))
        // The first error ends it: half an ear is worse than none.
        .scan(false, |ended, item| {
            let last = std::mem::replace(ended, item.is_err());
            ready((!last).then_some(item))
        });
    Ok(hints.boxed())
}

fn listen(
    docker: &Docker,
    kind: &str,
    actions: &[&str],
    label: Option<(String, Vec<String>)>,
) -> impl Stream<Item = Result<EventMessage, Error>> + use<> {
    let mut filters: HashMap<String, Vec<String>> = label.into_iter().collect();
    filters.insert("type".into(), vec![kind.to_owned()]);
    filters.insert("event".into(), actions.iter().map(|action| (*action).to_owned()).collect());
    // Since now: the request itself is only sent when the stream is polled for the first time.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let since = format!("{}.{:09}", since.as_secs(), since.subsec_nanos());
    let options = EventsOptionsBuilder::new().since(&since).filters(&filters).build();
    let end = Error::IOError { err: std::io::Error::other("the stream of events has ended") };
    docker.events(Some(options)).chain(stream::once(ready(Err(end))))
}

fn of_container(event: EventMessage, installation: InstallationId) -> Option<EngineEvent> {
    let actor = event.actor?;
    let instance = label::container(&actor.attributes?, installation)?.instance;
    Some(match (event.action.as_deref(), actor.id) {
        (Some(OUT_OF_MEMORY), Some(container)) => EngineEvent::OutOfMemory { instance, container },
        _ => EngineEvent::Container(instance),
    })
}

fn of_network(event: EventMessage, known: &Known) -> Option<EngineEvent> {
    known.vcluster(&event.actor?.id?).map(EngineEvent::Network)
}
