//! A workbench for one test: an installation of its own, whose things are removed in the end.

use std::{net::Ipv4Addr, os::unix::fs::PermissionsExt, path::PathBuf, process::Command};

use control::ports::engine::{Attachment, Ceilings, ContainerSpec, Engine, HelperSpec, NetworkSpec, VolumeSpec};
use docker::DockerEngine;
use domain::{
    InstallationId, InstanceId, UserId, VclusterId, image::ImageRef, name::NodeName, node::Generation,
    resources::Resources, subnet,
};
use ipnet::Ipv4Net;
use testkit::{DockerCleanup, build, docklet_init, engine_socket};
use uuid::Uuid;

/// Stands in for docklet-init: does what its arguments say, or sleeps until it is told to end.
const STAND_IN: &str = "#!/bin/sh\n\
    if [ $# -gt 0 ]; then exec \"$@\"; fi\n\
    trap 'exit 0' TERM\n\
    echo up\n\
    while :; do sleep 60 & wait $!; done\n";

pub(crate) struct Bench {
    pub(crate) engine: DockerEngine,
    pub(crate) installation: InstallationId,
    pub(crate) cleanup: DockerCleanup,
    pub(crate) init: PathBuf,
    dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let installation = build::installation();
        let dir = tempfile::tempdir().expect("a directory");
        let init = dir.path().join("init");
        std::fs::write(&init, STAND_IN).expect("written");
        std::fs::set_permissions(&init, std::fs::Permissions::from_mode(0o755)).expect("made executable");
        let engine = DockerEngine::new(engine_socket());
        Self { engine, installation, cleanup: DockerCleanup::new(installation), init, dir }
    }

    /// Another PID 1 for the next containers.
    pub(crate) fn init_says(&self, script: &str) {
        std::fs::write(&self.init, format!("#!/bin/sh\n{script}\n")).expect("written");
    }

    pub(crate) fn network(&self) -> NetworkSpec {
        let random = u32::from_be_bytes(Uuid::new_v4().as_bytes()[..4].try_into().expect("four bytes"));
        let address = u32::from(Ipv4Addr::new(10, 128, 0, 0)) | (random & 0x007f_ffe0);
        let subnet = Ipv4Net::new(Ipv4Addr::from(address), 27).expect("a subnet");
        let vcluster = VclusterId::new(Uuid::new_v4());
        NetworkSpec {
            name: format!("docklet-test-{vcluster}"),
            installation: self.installation,
            owner: UserId::new(Uuid::new_v4()),
            vcluster,
            subnet,
            gateway: subnet::gateway(subnet),
            bridge: format!("dkt{}", &vcluster.as_uuid().simple().to_string()[20..]),
        }
    }

    pub(crate) fn home(&self, network: &NetworkSpec) -> VolumeSpec {
        let name = format!("docklet-test-home-{}", network.owner);
        VolumeSpec { name, installation: self.installation, owner: network.owner }
    }

    pub(crate) fn container(&self, network: &NetworkSpec, ordinal: u8) -> ContainerSpec {
        let instance = InstanceId::new(Uuid::new_v4());
        let run_dir = self.dir.path().join(instance.to_string());
        std::fs::create_dir(&run_dir).expect("made");
        ContainerSpec {
            name: format!("docklet-test-{instance}"),
            installation: self.installation,
            owner: network.owner,
            vcluster: Some(network.vcluster),
            instance,
            generation: Generation::FIRST,
            host_name: NodeName::new(ordinal).to_string(),
            image: image("docklet/base"),
            runtime: None,
            resources: Resources { cpu_milli: 250, memory_mib: 64, pids: 50 },
            ceilings: Ceilings::default(),
            network: Some(Attachment {
                network: network.name.clone(),
                ip: subnet::address(network.subnet, NodeName::new(ordinal)),
            }),
            home: self.home(network).name,
            init: self.init.clone(),
            run_dir,
            env: [("DOCKLET_TEST".to_owned(), "a b=c".to_owned())].into(),
        }
    }

    /// A running container on a network of its own.
    pub(crate) async fn running(&self) -> (NetworkSpec, ContainerSpec, String) {
        let network = self.network();
        self.engine.ensure_network(&network).await.expect("a network");
        let spec = self.container(&network, 0);
        let id = self.engine.create_container(&spec).await.expect("a container");
        self.engine.start_container(&id, spec.ip()).await.expect("started");
        (network, spec, id)
    }

    /// A firewall around bridges that do not exist.
    pub(crate) fn helper(&self, port: u16) -> HelperSpec {
        let bridges = format!("dkt{}", &self.installation.to_string()[..6]);
        HelperSpec {
            installation: self.installation,
            init: docklet_init(),
            version: format!("test-{}", self.installation),
            arguments: ["firewall", &bridges, "10.128.0.0/9", "4096", &port.to_string()].map(str::to_owned).to_vec(),
        }
    }
}

pub(crate) fn image(name: &str) -> ImageRef {
    name.parse().expect("an image")
}

/// The engine's own command line, for what is done and seen outside Docklet.
pub(crate) fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("docker can be run");
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
