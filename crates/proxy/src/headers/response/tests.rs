//! What a browser is told of an answer, and what it is not.

use super::*;

fn confined(fields: &[(&'static str, &str)], prefix: Option<&str>) -> Result<HeaderMap, ForeignScheme> {
    let mut response = http::Response::builder().status(302);
    for (name, value) in fields {
        response = response.header(*name, *value);
    }
    let (mut head, ()) = response.body(()).expect("a response").into_parts();
    let site = Site {
        authority: "abc.localhost:8000",
        https: false,
        client: [127, 0, 0, 1].into(),
        prefix,
        frame_ancestors: Some("'self'"),
    };
    let cookies = ["docklet_session", "docklet-app"].map(str::to_owned).into();
    let names = OwnNames { cookies, token_prefix: "dkl_".into() };
    confine(&mut head, &Method::GET, 8888, &site, &names)?;
    Ok(head.headers)
}

fn cookies(cookie: &str, prefix: Option<&str>) -> Vec<String> {
    let headers = confined(&[("set-cookie", cookie)], prefix).expect("an answer");
    headers.get_all("set-cookie").into_iter().map(|value| value.to_str().expect("text").to_owned()).collect()
}

#[test]
fn a_cookie_stays_on_the_apps_own_host() {
    for domain in ["Domain=localhost", "domain=.localhost", "DOMAIN = abc.localhost", "Domain", "Domain="] {
        let kept = cookies(&format!("a=1; Path=/;{domain}; HttpOnly"), None);
        assert_eq!(kept, ["a=1; Path=/; HttpOnly"], "{domain}");
    }
    assert_eq!(cookies("_xsrf=2|x; expires=Fri, 01 Jan 2027 00:00:00 GMT; Path=/", None).len(), 1);
    assert_eq!(cookies("__Host-a=1; Path=/; Secure", None).len(), 1);
}

#[test]
fn a_cookie_with_a_name_of_ours_is_refused_however_it_is_written() {
    for cookie in [
        "docklet_session=evil",
        " docklet_session =evil; Path=/",
        "__Host-docklet-app=evil; Secure; Path=/",
        "__host-Docklet-App=evil",
        "__Secure-docklet_session=evil",
        "docklet-app",
        "=docklet_session=evil",
        "=__Host-docklet-app=evil",
        "=a=b",
        "=docklet-app",
    ] {
        assert_eq!(cookies(cookie, None), Vec::<String>::new(), "{cookie}");
    }
}

#[test]
fn in_path_mode_no_cookie_is_readable_by_the_portal() {
    let prefix = Some("/apps/abc");
    assert_eq!(cookies("a=1; Path=/", prefix), ["a=1; Path=/apps/abc/"]);
    assert_eq!(cookies("a=1", prefix), ["a=1; Path=/apps/abc/"]);
    assert_eq!(cookies("a=1; Path=/apps/abc/x; Secure; Path=/", prefix), ["a=1; Secure; Path=/apps/abc/"]);
    assert_eq!(cookies("a=1; Path=/apps/abc/x", prefix), ["a=1; Path=/apps/abc/x"]);
    assert_eq!(cookies("a=1; Path=/apps/abcd", prefix), ["a=1; Path=/apps/abc/apps/abcd"]);
    assert_eq!(cookies("a=1; path=lab; Domain=localhost", prefix), ["a=1; Path=/apps/abc/lab"]);
    assert_eq!(cookies("__Host-a=1; Path=/; Secure", prefix), Vec::<String>::new());
}

#[test]
fn what_acts_on_more_than_the_answer_is_dropped() {
    let far = [
        ("clear-site-data", "\"*\""),
        ("strict-transport-security", "max-age=1; includeSubDomains"),
        ("public-key-pins", "x"),
        ("alt-svc", "h3=\":443\""),
        ("report-to", "{}"),
        ("nel", "{}"),
        ("connection", "close, x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("upgrade", "h2c"),
        ("transfer-encoding", "chunked"),
        ("content-length", "5"),
        ("refresh", "0; url=JavaScript:alert(1)"),
        ("x-frame-options", "DENY"),
        ("content-security-policy", "default-src 'self'"),
        ("service-worker-allowed", "/"),
    ];
    let headers = confined(&far, None).expect("an answer");
    for (name, _) in &far[..13] {
        assert!(!headers.contains_key(*name), "{name}");
    }
    assert!(headers.contains_key("x-frame-options") && headers.contains_key("service-worker-allowed"));
    let policies: Vec<_> = headers.get_all("content-security-policy").into_iter().collect();
    assert_eq!(policies, ["default-src 'self'", "frame-ancestors 'self'"]);
    let headers = confined(&far, Some("/apps/abc")).expect("an answer");
    assert!(!headers.contains_key("service-worker-allowed"));
}

#[test]
fn a_redirect_to_a_script_is_an_error_and_one_to_loopback_is_rewritten() {
    assert_eq!(confined(&[("location", "javascript:alert(1)")], None).expect_err("refused").0, "javascript");
    let headers = confined(&[("location", "http://127.0.0.1:8888/lab")], None).expect("an answer");
    assert_eq!(headers["location"], "http://abc.localhost:8000/lab");
}
