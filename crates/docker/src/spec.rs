//! What a node's container may do, as the engine is told: limits, capabilities, mounts. Knows no request and no answer.

use std::{collections::HashMap, net::Ipv4Addr, path::Path};

use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig, Mount,
    MountType, MountVolumeOptions, NetworkingConfig, ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};
use control::ports::engine::{Attachment, ContainerSpec};

use crate::label;

/// Where docklet-init's directory is in every node.
pub const BIN_TARGET: &str = "/.docklet/bin";
/// Where docklet-init is in tasks on the host. (Nodes of an older dockletd have it there, too.)
pub const INIT_TARGET: &str = "/.docklet/init";
/// Where the node's run directory is in every node.
pub const RUN_TARGET: &str = "/.docklet/run";
/// Where the owner's home is in every node.
pub const HOME_TARGET: &str = "/root";

/// What apt, sshd and a shell need of root's powers, and no more. Without NET_RAW a node cannot forge an address,
/// without NET_ADMIN it cannot change a route, and without MKNOD and SYS_ADMIN it can reach nothing of the host.
const CAPABILITIES: [&str; 10] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "AUDIT_WRITE",
];

/// The groups whose processes may ping without NET_RAW. An engine that remaps users lets none, where others let all. More
/// than these a remapped container does not have.
const PING: (&str, &str) = ("net.ipv4.ping_group_range", "0 65535");

const MIB: i64 = 1024 * 1024;
/// What docklet-init writes is a line now and then; a tenant who writes to it must not fill the disk.
const LOG_SIZE: &str = "1m";

/// The whole request. Whatever the image says about user, command, health check or stop signal does not count.
pub(crate) fn body(spec: &ContainerSpec) -> ContainerCreateBody {
    let name = spec.init.file_name().unwrap_or_default().to_string_lossy();
    ContainerCreateBody {
        hostname: Some(spec.host_name.clone()),
        user: Some("0:0".into()),
        working_dir: Some("/".into()),
        entrypoint: Some(vec![format!("{BIN_TARGET}/{name}")]),
        image: Some(spec.image.with_tag()),
        env: Some(spec.env.iter().map(|(key, value)| format!("{key}={value}")).collect()),
        labels: Some(label::of_container(spec)),
        tty: Some(false),
        stop_signal: Some("SIGTERM".into()),
        healthcheck: Some(HealthConfig { test: Some(vec!["NONE".into()]), ..Default::default() }),
        host_config: Some(host(spec)),
        networking_config: spec.network.as_ref().map(|attachment| networking(attachment, &spec.host_name)),
        ..Default::default()
    }
}

fn host(spec: &ContainerSpec) -> HostConfig {
    let memory = i64::from(spec.resources.memory_mib) * MIB;
    let ceilings = spec.ceilings;
    HostConfig {
        nano_cpus: Some(i64::from(spec.resources.cpu_milli) * 1_000_000),
        memory: Some(memory),
        // Equal to the memory: no swap on top of it.
        memory_swap: Some(memory),
        pids_limit: Some(i64::from(spec.resources.pids)),
        runtime: spec.runtime.as_ref().map(ToString::to_string),
        ulimits: Some(vec![
            ulimit("nofile", ceilings.open_files),
            // What a tenant's crash leaves would go to the host's handler of core dumps, as root.
            ulimit("core", 0),
        ]),
        blkio_weight: Some(ceilings.io_weight),
        oom_score_adj: Some(i64::from(ceilings.oom_score_adj)),
        // Half the memory, as Linux gives to any tmpfs: programs that share memory between workers need far more than
        // the engine's 64 MiB, and it is counted into the memory limit anyway.
        shm_size: Some(memory / 2),
        cap_drop: Some(vec!["ALL".into()]),
        cap_add: Some(CAPABILITIES.map(str::to_owned).to_vec()),
        // The engine's default seccomp profile stays on because nothing here names another.
        security_opt: Some(vec!["no-new-privileges".into()]),
        privileged: Some(false),
        init: Some(false),
        sysctls: Some(HashMap::from([(PING.0.into(), PING.1.into())])),
        network_mode: Some(spec.network.as_ref().map_or("none", |attachment| &attachment.network).to_owned()),
        publish_all_ports: Some(false),
        restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), ..Default::default() }),
        log_config: Some(log()),
        mounts: Some(vec![
            bind(&spec.init.parent().unwrap_or(Path::new("/")).to_string_lossy(), BIN_TARGET, true),
            bind(&spec.run_dir.to_string_lossy(), RUN_TARGET, true),
            home(spec),
        ]),
        ..Default::default()
    }
}

/// The same softly and hard.
fn ulimit(name: &str, most: u32) -> ResourcesUlimits {
    let most = Some(i64::from(most));
    ResourcesUlimits { name: Some(name.to_owned()), soft: most, hard: most }
}

fn networking(attachment: &Attachment, host_name: &str) -> NetworkingConfig {
    let endpoint = endpoint(attachment.ip, host_name);
    NetworkingConfig { endpoints_config: Some(HashMap::from([(attachment.network.clone(), endpoint)])) }
}

/// A place in a network: an address, and a name others find it by.
pub(crate) fn endpoint(ip: Ipv4Addr, host_name: &str) -> EndpointSettings {
    let address = EndpointIpamConfig { ipv4_address: Some(ip.to_string()), ..Default::default() };
    EndpointSettings { ipam_config: Some(address), aliases: Some(vec![host_name.to_owned()]), ..Default::default() }
}

/// One small file, whatever log driver the engine has as its default.
pub(crate) fn log() -> HostConfigLogConfig {
    let options = [("max-size", LOG_SIZE), ("max-file", "1")];
    HostConfigLogConfig {
        typ: Some("json-file".into()),
        config: Some(options.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
    }
}

/// As a mount, not as `source:target`: a path may contain a colon, and a missing source is an error, not a new directory.
pub(crate) fn bind(source: &str, target: &str, read_only: bool) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(source.to_owned()),
        target: Some(target.to_owned()),
        read_only: Some(read_only),
        ..Default::default()
    }
}

/// With labels: the engine makes the volume anew if it was removed in the moment since it was looked for, and it must
/// be known as ours.
fn home(spec: &ContainerSpec) -> Mount {
    let labels = label::of_volume(spec.installation, spec.owner);
    Mount {
        typ: Some(MountType::VOLUME),
        source: Some(spec.home.clone()),
        target: Some(HOME_TARGET.to_owned()),
        volume_options: Some(MountVolumeOptions { labels: Some(labels), ..Default::default() }),
        ..Default::default()
    }
}
