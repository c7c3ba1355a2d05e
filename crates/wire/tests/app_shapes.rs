//! Apps, activity and usage on the wire: what clients read, and what they may write.

use domain::{
    AppId, NodeId, OperationId, UserId, VclusterId,
    app::{App as Record, AppKind, AppLabel, AppState},
    name::NodeName,
    operation::{Opened, OpenedKind, Operation, OperationKind, OperationState},
};
use serde_json::{Value, json};
use uuid::Uuid;
use wire::{
    activity::Activity,
    app::{App, ChangeApp, PublishApp, Seen},
    usage::{NodeUsage, Sample},
};

fn record() -> Record {
    Record {
        id: AppId::new(Uuid::from_u128(1)),
        label: AppLabel::from_random(0),
        vcluster: VclusterId::new(Uuid::from_u128(2)),
        owner: UserId::new(Uuid::from_u128(3)),
        node: NodeName::new(0),
        node_id: NodeId::new(Uuid::from_u128(4)),
        port: 8888,
        kind: AppKind::Jupyter,
        name: None,
        pinned: false,
        enabled: true,
        process: Some("jupyter-lab".into()),
        created_at: chrono::DateTime::UNIX_EPOCH,
    }
}

#[test]
fn an_app_is_read_as_it_was_written() {
    let seen = Seen { listening: false, state: AppState::Failed, reason: Some("it ended with status 1".into()) };
    let app = App::from_domain(&record(), seen, "http://aaaaaaaaaa.localhost:8000/".into());
    let written = serde_json::to_value(&app).expect("JSON");
    assert_eq!(
        written,
        json!({
            "id": "00000000-0000-0000-0000-000000000001",
            "label": "aaaaaaaaaa",
            "url": "http://aaaaaaaaaa.localhost:8000/",
            "vcluster": "00000000-0000-0000-0000-000000000002",
            "node": "node-0",
            "port": 8888,
            "kind": "jupyter",
            "name": null,
            "title": "JupyterLab",
            "process": "jupyter-lab",
            "pinned": false,
            "enabled": true,
            "listening": false,
            "state": "failed",
            "reason": "it ended with status 1",
            "created_at": "1970-01-01T00:00:00Z",
        })
    );
    assert_eq!(serde_json::from_value::<App>(written).expect("an app"), app);
}

#[test]
fn a_change_tells_null_from_absent() {
    let read = |text: &str| serde_json::from_str::<ChangeApp>(text).expect("a change");
    assert_eq!(read("{}"), ChangeApp::default());
    assert_eq!(read(r#"{"name": null}"#).name, Some(None));
    assert_eq!(read(r#"{"name": "Board"}"#).name, Some(Some("Board".into())));
    for text in ["{}", r#"{"name":null}"#, r#"{"name":"Board","pinned":true,"enabled":false}"#] {
        assert_eq!(serde_json::to_string(&read(text)).expect("JSON"), text);
    }
}

#[test]
fn what_clients_write_has_no_other_fields() {
    assert!(serde_json::from_str::<ChangeApp>(r#"{"label": "mine"}"#).is_err());
    assert!(serde_json::from_str::<PublishApp>(r#"{"node": "node-0", "port": 1, "label": "mine"}"#).is_err());
    let publish: PublishApp = serde_json::from_str(r#"{"node": "node-0", "port": -1}"#).expect("numbers are wide");
    assert_eq!(publish, PublishApp { node: "node-0".into(), port: -1, name: None });
}

#[test]
fn an_action_is_read_as_it_was_written() {
    let begun =
        Operation::begin(OperationId::new(Uuid::from_u128(1)), OperationKind::AddNodes, chrono::DateTime::UNIX_EPOCH);
    let failed = Operation { state: OperationState::Failed, reason: Some("no room".into()), ..begun };
    let (lab, ada) = ("lab".parse().expect("a name"), "ada".parse().expect("a name"));
    let vcluster = VclusterId::new(Uuid::from_u128(7));
    let activity = Activity::from_domain(&failed, (vcluster, Some(&lab)), Some(&ada));
    let written = serde_json::to_value(&activity).expect("JSON");
    assert_eq!(
        (&written["kind"], &written["state"], &written["by"]),
        (&json!("add_nodes"), &json!("failed"), &json!("ada"))
    );
    assert_eq!((&written["vcluster"], &written["vcluster_name"]), (&json!(vcluster.to_string()), &json!("lab")));
    assert_eq!(written["finished_at"], Value::Null);
    assert_eq!(serde_json::from_value::<Activity>(written).expect("an action"), activity);
}

#[test]
fn what_was_opened_is_told_in_parts_and_in_a_sentence() {
    let mut opened = Opened {
        node: NodeName::new(0),
        what: OpenedKind::of_port(22),
        port: Some(22),
        address: Some("192.0.2.7".parse().expect("an address")),
        token: Some("laptop".into()),
    };
    let written = |opened: &Opened| {
        let id = OperationId::new(Uuid::from_u128(1));
        let operation = Operation::opened(id, opened.clone(), chrono::DateTime::UNIX_EPOCH);
        let activity = Activity::from_domain(&operation, (VclusterId::new(Uuid::from_u128(7)), None), None);
        let written = serde_json::to_value(&activity).expect("JSON");
        assert_eq!(serde_json::from_value::<Activity>(written.clone()).expect("an opening"), activity);
        written
    };
    let told = written(&opened);
    let parts = json!({"node": "node-0", "what": "ssh", "port": 22, "address": "192.0.2.7", "token": "laptop"});
    assert_eq!((&told["kind"], &told["state"], &told["opened"]), (&json!("opened"), &json!("succeeded"), &parts));
    assert_eq!(told["reason"], "ssh to node-0 from 192.0.2.7 with token 'laptop'");
    assert_eq!(told["finished_at"], told["started_at"]);
    opened = Opened { what: OpenedKind::App, port: Some(8888), address: None, token: None, ..opened };
    assert_eq!(written(&opened)["reason"], "app on port 8888 of node-0 in a browser");
    let of_before = json!({"id": "1", "vcluster": "7", "vcluster_name": null, "kind": "stop", "state": "running",
        "reason": null, "by": null, "started_at": "1970-01-01T00:00:00Z", "finished_at": null, "host": null});
    assert_eq!(serde_json::from_value::<Activity>(of_before).expect("an action of an older server's").opened, None);
}

#[test]
fn samples_are_read_as_they_were_written() {
    let sample = Sample { at: chrono::DateTime::UNIX_EPOCH, cpu_milli: 1500, memory_bytes: 1 << 40 };
    let usage = NodeUsage { node: "node-3".into(), samples: vec![sample] };
    let text = serde_json::to_string(&usage).expect("JSON");
    assert_eq!(
        text,
        r#"{"node":"node-3","samples":[{"at":"1970-01-01T00:00:00Z","cpu_milli":1500,"memory_bytes":1099511627776}]}"#
    );
    assert_eq!(serde_json::from_str::<NodeUsage>(&text).expect("usage"), usage);
}
