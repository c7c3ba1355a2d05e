//! What an app is told of a request, and what it is not.

use super::*;

fn site() -> Site<'static> {
    Site {
        authority: "abc.localhost:8000",
        https: false,
        client: [192, 0, 2, 7].into(),
        prefix: None,
        frame_ancestors: None,
    }
}

fn names() -> OwnNames {
    let cookies = ["docklet_session", "docklet-app"].map(str::to_owned).into();
    OwnNames { cookies, token_prefix: "dkl_".into() }
}

fn prepared(uri: &str, fields: &[(&'static str, &str)], has_body: bool, site: &Site<'_>) -> request::Parts {
    let mut request = http::Request::builder().method("POST").uri(uri).header("host", "abc.localhost:8000");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).expect("a request").into_parts();
    prepare(head, has_body, site, &names()).head
}

fn field(head: &request::Parts, name: &str) -> Vec<String> {
    head.headers.get_all(name).into_iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

#[test]
fn what_outsiders_claim_is_replaced_by_what_is_so() {
    let claims = [
        ("x-forwarded-for", "6.6.6.6"),
        ("x_forwarded_for", "6.6.6.6"),
        ("x-forwarded_for", "6.6.6.6"),
        ("x_forwarded_host", "evil"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-ssl", "on"),
        ("x-forwarded", "evil"),
        ("x_real_ip", "6.6.6.6"),
        ("x-real-ip", "6.6.6.6"),
        ("forwarded", "for=6.6.6.6"),
        ("x-requested-with", "XMLHttpRequest"),
        ("x-real-ipsum", "kept"),
    ];
    let head = prepared("/", &claims, false, &site());
    let text = format!("{:?}", head.headers);
    assert!(!text.contains("6.6.6.6") && !text.contains("evil"), "{text}");
    assert_eq!(field(&head, "x-forwarded-for"), ["192.0.2.7"]);
    assert_eq!(field(&head, "x-real-ip"), ["192.0.2.7"]);
    assert_eq!(field(&head, "x-forwarded-host"), ["abc.localhost:8000"]);
    assert_eq!(field(&head, "x-forwarded-proto"), ["http"]);
    assert_eq!(field(&head, "forwarded"), ["for=192.0.2.7;host=\"abc.localhost:8000\";proto=http"]);
    assert_eq!(field(&head, "x-requested-with"), ["XMLHttpRequest"]);
    assert_eq!(field(&head, "x-real-ipsum"), ["kept"]);
    assert_eq!(field(&head, "host"), ["abc.localhost:8000"]);
}

#[test]
fn an_address_of_version_6_is_quoted() {
    let site = Site { client: "2001:db8::7".parse().expect("an address"), https: true, ..site() };
    let head = prepared("/", &[], false, &site);
    assert_eq!(field(&head, "forwarded"), ["for=\"[2001:db8::7]\";host=\"abc.localhost:8000\";proto=https"]);
}

#[test]
fn what_means_one_connection_goes_no_further() {
    let hop = [
        ("connection", "keep-alive, X-Secret"),
        ("x-secret", "1"),
        ("keep-alive", "timeout=5"),
        ("proxy-authorization", "Basic x"),
        ("proxy-connection", "close"),
        ("te", "gzip"),
        ("upgrade", "h2c"),
        ("expect", "100-continue"),
        ("accept", "*/*"),
    ];
    let head = prepared("/", &hop, false, &site());
    for (name, _) in &hop[..8] {
        assert_eq!(field(&head, name), Vec::<String>::new(), "{name}");
    }
    assert_eq!(field(&head, "accept"), ["*/*"]);
    let head = prepared("/", &[("connection", "host, cookie, content-length"), ("cookie", "a=1")], false, &site());
    assert_eq!((field(&head, "host").len(), field(&head, "cookie").len()), (1, 1), "not theirs to name");
}

#[test]
fn our_cookies_and_tokens_stay_with_us() {
    let ours = "a=1; docklet_session=s; __Host-docklet-app=x;  b=2 ; __secure-Docklet_Session=y; docklet-app=z; docklet-app-abcdefg234=q;c";
    let head = prepared("/", &[("cookie", ours), ("cookie", "docklet_session=t; d=4")], false, &site());
    assert_eq!(field(&head, "cookie"), ["a=1; b=2; c; d=4"]);
    let head = prepared("/", &[("cookie", "docklet_session=s")], false, &site());
    assert_eq!(field(&head, "cookie"), Vec::<String>::new());
    let head = prepared("/", &[("cookie", "my_docklet_session=s; x=docklet_session")], false, &site());
    assert_eq!(field(&head, "cookie"), ["my_docklet_session=s; x=docklet_session"]);
    for (value, kept) in [
        ("Bearer dkl_abc", 0),
        ("bearer   dkl_abc", 0),
        ("token dkl_abc", 0),
        ("dkl_abc", 0),
        ("Bearer other", 1),
        ("Basic dXNlcjpkbGs=", 1),
        ("token abc", 1),
    ] {
        let head = prepared("/", &[("authorization", value)], false, &site());
        assert_eq!(field(&head, "authorization").len(), kept, "{value}");
    }
    let twice = prepared("/", &[("authorization", "Basic x"), ("authorization", "Bearer dkl_abc")], false, &site());
    assert!(!field(&twice, "authorization").iter().any(|value| value.contains("dkl_")));
}

#[test]
fn an_upgrade_is_passed_on_and_only_when_both_headers_ask() {
    let head = prepared("/ws", &[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")], false, &site());
    assert_eq!(
        (field(&head, "connection"), field(&head, "upgrade")),
        (vec!["upgrade".into()], vec!["websocket".into()])
    );
    let head = prepared("/ws", &[("upgrade", "websocket")], false, &site());
    assert_eq!(field(&head, "upgrade"), Vec::<String>::new());
}

#[test]
fn the_length_of_a_body_is_stated_once() {
    let head = prepared("/", &[("transfer-encoding", "chunked")], true, &site());
    assert_eq!(field(&head, "transfer-encoding"), ["chunked"]);
    let head = prepared("/", &[("content-length", "5")], true, &site());
    assert_eq!((field(&head, "content-length"), field(&head, "transfer-encoding")), (vec!["5".into()], vec![]));
    let head = prepared("/", &[("content-length", "5")], false, &site());
    assert_eq!(field(&head, "content-length"), ["0"]);
}

#[test]
fn the_address_becomes_a_path() {
    assert_eq!(prepared("http://abc.localhost:8000/a/../b?c=d", &[], false, &site()).uri, "/a/../b?c=d");
    assert_eq!(prepared("http://abc.localhost:8000", &[], false, &site()).uri, "/");
    let site = Site { prefix: Some("/apps/abc"), ..site() };
    let head = prepared("/apps/abc/lab?x=1", &[("x-forwarded-prefix", "/evil")], false, &site);
    assert_eq!(
        (head.uri.to_string().as_str(), field(&head, "x-forwarded-prefix")),
        ("/lab?x=1", vec!["/apps/abc".into()])
    );
    assert_eq!(prepared("/apps/abc", &[], false, &site).uri, "/");
    assert_eq!(prepared("/apps/abc?x", &[], false, &site).uri, "/?x");
}

#[test]
fn a_page_of_another_origin_is_told_apart() {
    let fits = |origins: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for origin in origins {
            headers.append(header::ORIGIN, HeaderValue::from_static(origin));
        }
        origin_fits(&headers, false, "abc.localhost:8000")
    };
    assert!(fits(&[]) && fits(&["http://abc.localhost:8000"]) && fits(&["http://ABC.localhost:8000"]));
    for foreign in ["https://abc.localhost:8000", "http://abd.localhost:8000", "http://abc.localhost", "null", ""] {
        assert!(!fits(&[foreign]), "{foreign}");
    }
    assert!(!fits(&["http://abc.localhost:8000", "http://evil"]));
}
