//! What an operator of dockletd looks at: health, figures, the API's description, the log.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::common::{
    client::send,
    daemon::{Daemon, Options},
};

#[tokio::test]
async fn readiness_names_what_is_not_ready() {
    let mut daemon = Options::default().with("worker-docker", "/nowhere/docker.sock").prepare();
    daemon.start_unready().await;
    daemon.anonymous().get("/healthz").await.ok(200);
    let answer = daemon.anonymous().get("/readyz").await.ok(503).json();
    let part = |name: &str| {
        let parts = answer["parts"].as_array().expect("parts");
        parts.iter().find(|part| part["name"] == name).expect("the part").clone()
    };
    assert_eq!(part("database")["ready"], true);
    assert_eq!(part("engine")["ready"], false);
    assert_eq!(part("hosts")["ready"], false);
    assert_eq!(part("engine").as_object().expect("an object").len(), 2, "anybody may ask, so it does not say why");
    let health = daemon.admin().get("/api/v1/admin/health").await.ok(200).json();
    let parts = health["parts"].as_array().expect("parts");
    let engine = parts.iter().find(|part| part["name"] == "engine").expect("the part");
    assert!(engine["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "administrators are told why");
    let order = crate::common::client::order("lab", 1);
    daemon.admin().post("/api/v1/vclusters", &order).await.problem(503, "not_ready");
}

#[tokio::test]
async fn figures_are_for_this_host_and_for_administrators() {
    let daemon = Options::default().with("server-trusted-proxies", "127.0.0.0/8").start().await;
    daemon.add_user("ada");
    daemon.admin().get("/api/v1/vclusters").await.ok(200);
    let figures = daemon.anonymous().get("/metrics").await.ok(200).text;
    assert!(figures.contains("docklet_vclusters{state=\"running\"} 0"), "{figures}");
    let line = "docklet_http_requests_total{method=\"GET\",route=\"/api/v1/vclusters\",status=\"200\"} 1";
    assert!(figures.contains(line), "{figures}");
    let from_afar = |client: crate::common::client::Client| {
        send(client.request(Method::GET, "/metrics").header("x-forwarded-for", "192.0.2.7"))
    };
    from_afar(daemon.anonymous()).await.problem(401, "not_signed_in");
    from_afar(daemon.client_of("ada")).await.problem(403, "forbidden");
    from_afar(daemon.admin()).await.ok(200);
}

#[tokio::test]
async fn the_description_of_the_api_names_every_endpoint() {
    let daemon = Daemon::start_usual().await;
    let document = daemon.anonymous().get("/api/v1/openapi.json").await.ok(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut endpoints: Vec<String> = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        endpoints.extend(operations.as_object().expect("operations").keys().map(|method| format!("{method} {path}")));
    }
    endpoints.sort();
    let expected = [
        "delete /api/v1/admin/hosts/{host}",
        "delete /api/v1/admin/images",
        "delete /api/v1/admin/users/{name}/sessions",
        "delete /api/v1/me/sessions",
        "delete /api/v1/me/sessions/{session}",
        "delete /api/v1/me/tokens/{token}",
        "delete /api/v1/session",
        "delete /api/v1/vclusters/{id}",
        "delete /api/v1/vclusters/{id}/nodes/{node}",
        "delete /api/v1/vclusters/{id}/nodes/{node}/terminals/{terminal}",
        "get /api/v1/activity",
        "get /api/v1/admin/config",
        "get /api/v1/admin/disk",
        "get /api/v1/admin/health",
        "get /api/v1/admin/images",
        "get /api/v1/admin/users",
        "get /api/v1/admin/users/{name}",
        "get /api/v1/events",
        "get /api/v1/images",
        "get /api/v1/jobs",
        "get /api/v1/jobs/share",
        "get /api/v1/jobs/{job}",
        "get /api/v1/jobs/{job}/elements",
        "get /api/v1/jobs/{job}/output",
        "get /api/v1/jobs/{job}/what-ifs",
        "get /api/v1/me/disk",
        "get /api/v1/me/sessions",
        "get /api/v1/me/tokens",
        "get /api/v1/queue",
        "get /api/v1/session",
        "get /api/v1/vclusters",
        "get /api/v1/vclusters/{id}",
        "get /api/v1/vclusters/{id}/activity",
        "get /api/v1/vclusters/{id}/apps",
        "get /api/v1/vclusters/{id}/live",
        "get /api/v1/vclusters/{id}/nodes/{node}/exec",
        "get /api/v1/vclusters/{id}/nodes/{node}/ports/{port}",
        "get /api/v1/vclusters/{id}/nodes/{node}/terminals",
        "get /api/v1/vclusters/{id}/nodes/{node}/terminals/{terminal}",
        "patch /api/v1/admin/users/{name}",
        "patch /api/v1/vclusters/{id}",
        "patch /api/v1/vclusters/{id}/apps/{app}",
        "post /api/v1/admin/images",
        "post /api/v1/admin/users",
        "post /api/v1/admin/users/{name}/password",
        "post /api/v1/device",
        "post /api/v1/device/token",
        "post /api/v1/jobs",
        "post /api/v1/jobs/bulk",
        "post /api/v1/jobs/{job}/cancel",
        "post /api/v1/jobs/{job}/hold",
        "post /api/v1/jobs/{job}/release",
        "post /api/v1/jobs/{job}/requeue",
        "post /api/v1/me/tokens",
        "post /api/v1/session",
        "post /api/v1/vclusters",
        "post /api/v1/vclusters/{id}/apps",
        "post /api/v1/vclusters/{id}/nodes",
        "post /api/v1/vclusters/{id}/nodes/{node}/ssh",
        "post /api/v1/vclusters/{id}/nodes/{node}/terminals",
        "post /api/v1/vclusters/{id}/restart",
        "post /api/v1/vclusters/{id}/start",
        "post /api/v1/vclusters/{id}/stop",
        "put /api/v1/me/password",
    ];
    assert_eq!(endpoints, expected);
    assert_eq!(unresolved(&document, &document), [""; 0], "references that lead nowhere");
}

/// References of the document to what is not in it.
fn unresolved(document: &Value, value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
            let missing = reference.filter(|pointer| document.pointer(pointer).is_none()).map(str::to_owned);
            missing.into_iter().chain(fields.values().flat_map(|field| unresolved(document, field))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| unresolved(document, item)).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn no_secret_is_in_the_log_whatever_its_level() {
    let mut daemon = Options::default().with("log-filter", "trace").with("log-format", "json").start().await;
    let (admin, password) = (daemon.admin(), daemon.admin_password());
    let browser = daemon.browser();
    let cookie = browser.sign_in("admin", &password).await.ok(200).header("set-cookie").to_owned();
    browser.sign_in("admin", "wrong-hunter2").await.problem(401, "sign_in_failed");
    browser.get("/api/v1/vclusters?token=in-a-query").await.ok(200);
    admin.post("/api/v1/vclusters", &serde_json::json!({"name": "secret-in-a-body"})).await.problem(422, "invalid");
    daemon.signal(rustix::process::Signal::TERM);
    daemon.ended(Duration::from_secs(10)).await;
    let log = daemon.log();
    let session = cookie.split([';', '=']).nth(1).expect("a cookie's value");
    let secrets = [
        password.as_str(),
        "wrong-hunter2",
        admin.token.as_deref().expect("a token"),
        session,
        "in-a-query",
        "secret-in-a-body",
    ];
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
    let parsed = |line: &str| serde_json::from_str::<Value>(line).is_ok();
    assert!(log.lines().all(parsed), "every line is JSON");
    assert!(log.contains("request answered"));
}
