//! JupyterLab as a service of a vcluster's first node: what docklet-init is told about it. Nothing in here is a secret.
//!
//! It listens on loopback only, where every client was let in by the proxy or is root in the node anyway. So it asks
//! for no token. Settings that a user may want to change are in the image's own configuration, not here.

use domain::{
    app::{JUPYTER_NODE, JUPYTER_PORT, JUPYTER_SERVICE},
    name::NodeName,
};
use serde_json::json;

/// Of its own in each node: the home, where it would be by default, is shared by all nodes of its owner.
const RUNTIME_DIR: &str = "/run/jupyter";
const HOME: &str = "/root";
const MISSING: &str = "there is no JupyterLab in this image; choose docklet/base, or install it in a terminal of this node \
                       (pip install jupyterlab) and open it again";

/// The value of `DOCKLET_SERVICES`, where the node has services.
pub(crate) fn services(node: NodeName) -> Option<String> {
    (node == JUPYTER_NODE).then(|| {
        json!([{
            "name": JUPYTER_SERVICE,
            "start": "on_demand",
            "command": command(),
            "cwd": HOME,
            "env": {"JUPYTER_RUNTIME_DIR": RUNTIME_DIR},
            "health": {"tcp": JUPYTER_PORT},
            "missing": MISSING,
        }])
        .to_string()
    })
}

/// On the command line, so that it holds whatever the user's own configuration says.
fn command() -> Vec<String> {
    let mut command = vec!["jupyter-lab".to_owned(), "--no-browser".to_owned()];
    let settings = [
        ("ServerApp.ip", "127.0.0.1"),
        ("ServerApp.port", &JUPYTER_PORT.to_string()),
        // The proxy looks for it on this port only.
        ("ServerApp.port_retries", "0"),
        ("ServerApp.base_url", "/"),
        ("ServerApp.root_dir", HOME),
        ("ServerApp.allow_root", "True"),
        // Its host name is the app's, not localhost.
        ("ServerApp.allow_remote_access", "True"),
        ("IdentityProvider.token", ""),
        ("PasswordIdentityProvider.hashed_password", ""),
    ];
    command.extend(settings.map(|(key, value)| format!("--{key}={value}")));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_node_has_it_and_the_others_do_not() {
        assert_eq!(services(NodeName::new(1)), None);
        let services = services(NodeName::new(0)).expect("node-0 has services");
        let services: serde_json::Value = serde_json::from_str(&services).expect("it is JSON");
        assert_eq!(services[0]["name"], "jupyter");
        assert_eq!(services[0]["health"]["tcp"], 8888);
        let command = services[0]["command"].as_array().expect("a command");
        assert!(
            command.contains(&json!("--ServerApp.ip=127.0.0.1"))
                && command.contains(&json!("--IdentityProvider.token="))
        );
    }
}
