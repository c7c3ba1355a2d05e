//! What users opened in their nodes, in words. Pure.

use catalogue::t;
use domain::operation::OpenedKind;
use wire::activity::Opened;

/// `Terminal on node-0`, `Port 8080 of node-0`.
pub(crate) fn entrance(opened: &Opened) -> String {
    let node = opened.node.as_str();
    let port = opened.port.unwrap_or_default().to_string();
    match opened.what {
        OpenedKind::Terminal => t!("activity-opened-terminal", node = node),
        OpenedKind::Command => t!("activity-opened-command", node = node),
        OpenedKind::Port => t!("activity-opened-port", node = node, port = port),
        OpenedKind::UdpPort => t!("activity-opened-udp-port", node = node, port = port),
        OpenedKind::Ssh => t!("activity-opened-ssh", node = node),
        OpenedKind::SshKey => t!("activity-opened-ssh-key", node = node),
        OpenedKind::App => t!("activity-opened-app", node = node, port = port),
    }
}

/// `from 192.0.2.7 with the token laptop`.
pub(crate) fn origin(opened: &Opened) -> String {
    let address = opened.address.clone().unwrap_or_else(|| t!("activity-opened-unknown"));
    match &opened.token {
        Some(token) => t!("activity-opened-with-token", address = address, token = token.as_str()),
        None => t!("activity-opened-in-browser", address = address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_is_said_with_where_and_by_what() {
        let said = |what, port, address: Option<&str>, token: Option<&str>| {
            let (address, token) = (address.map(str::to_owned), token.map(str::to_owned));
            let opened = Opened { node: "node-1".into(), what, port, address, token };
            format!("{} {}", entrance(&opened), origin(&opened))
        };
        let laptop = (Some("192.0.2.7"), Some("laptop"));
        assert_eq!(
            said(OpenedKind::Ssh, Some(22), laptop.0, laptop.1),
            "ssh to node-1 from 192.0.2.7 with the token laptop"
        );
        assert_eq!(
            said(OpenedKind::Port, Some(50_000), laptop.0, laptop.1),
            "Port 50000 of node-1 from 192.0.2.7 with the token laptop"
        );
        assert_eq!(
            said(OpenedKind::App, Some(8888), Some("2001:db8::1"), None),
            "App on port 8888 of node-1 from 2001:db8::1 in a browser"
        );
        assert_eq!(
            said(OpenedKind::Terminal, None, None, None),
            "Terminal on node-1 from an unknown address in a browser"
        );
    }
}
