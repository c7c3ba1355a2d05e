//! Every way in which a sign-in through a provider can go wrong ends on a page that says what to do.

use serde_json::json;

use crate::common::{
    answer::Answer,
    daemon::{Daemon, Options, command},
    provider::{Provider, Visitor, configured, daemon_with},
};

/// The page a sign-in ends on when the provider misbehaves like this.
async fn page_of(daemon: &Daemon, lab: &Provider, how: serde_json::Value) -> Answer {
    lab.misbehave(how).await;
    let visitor = Visitor::of(daemon);
    let begin = format!("{}/oidc/lab/begin", daemon.url());
    let (url, answer) = visitor.open(&begin).await;
    let page = if url.contains("/interaction/") {
        let callback = visitor.enter(&url, "ada").await;
        visitor.step(&callback).await
    } else {
        answer
    };
    lab.misbehave(json!({})).await;
    assert_eq!(visitor.who().await, "", "{}", page.text);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.text);
    page
}

#[track_caller]
fn says(page: &Answer, status: u16, title: &str) {
    assert!(page.status == status && page.text.contains(title), "{} {}", page.status, page.text);
    assert!(page.text.contains("href=\"/sign-in\""), "there is a way on: {}", page.text);
}

#[tokio::test]
async fn what_the_provider_says_no_with_is_said_and_what_to_do() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "").await;
    says(&page_of(&daemon, &lab, json!({"authorizeError": "access_denied"})).await, 403, "Not signed in");
    let page = page_of(&daemon, &lab, json!({"authorizeError": "login_required"})).await;
    says(&page, 403, "Sign in at the provider first");
    says(&page_of(&daemon, &lab, json!({"authorizeError": "server_error"})).await, 502, "answered with server_error");
    says(&page_of(&daemon, &lab, json!({"refuse": ["/token"]})).await, 503, "Lab does not answer");
    says(&page_of(&daemon, &lab, json!({"refuse": ["/me"]})).await, 503, "Lab does not answer");
    says(&page_of(&daemon, &lab, json!({"userinfoSub": "grace"})).await, 502, "The sign-in could not be verified");
    says(&page_of(&daemon, &lab, json!({"forgetCodes": true})).await, 400, "The sign-in has expired");
    let page = page_of(&daemon, &lab, json!({"idToken": {"aud": "another"}})).await;
    says(&page, 502, "The answer is for another application");
    says(&page_of(&daemon, &lab, json!({"idToken": {"exp": -7200}})).await, 502, "The clocks do not agree");
    says(&page_of(&daemon, &lab, json!({"idToken": {"iat": 600}})).await, 502, "The clocks do not agree");
    let page = page_of(&daemon, &lab, json!({"idToken": {"nonce": "of another sign-in"}})).await;
    says(&page, 502, "The sign-in could not be verified");
    // In German, too.
    lab.misbehave(json!({"authorizeError": "access_denied"})).await;
    let visitor = Visitor::of(&daemon);
    let sent = visitor.step(&format!("{}/oidc/lab/begin", daemon.url())).await;
    let back = visitor.step(sent.header("location")).await.header("location").to_owned();
    let request = visitor.client().http.get(back).header("accept-language", "de").send().await.expect("an answer");
    assert!(Answer::read(request).await.text.contains("Nicht angemeldet"));
    let unknown = visitor.step(&format!("{}/oidc/nowhere/begin", daemon.url())).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn who_may_not_is_told_so_and_whoever_may_no_longer_is_put_out() {
    let lab = Provider::start();
    let rules = "required = { claim = \"groups\", value = \"people\" }\nallowed_domains = [\"trial.example\"]";
    let (daemon, _file) = daemon_with(&[("lab", &lab, rules)], "").await;
    let inside = Visitor::of(&daemon);
    inside.sign_in("lab", "ada").await;
    let token = daemon.client_of("ada");
    token.get("/api/v1/session").await.ok(200);

    lab.control("claims", json!({"ada": {"email_verified": false}})).await;
    says(&page_of(&daemon, &lab, json!({})).await, 403, "Your e-mail address is not verified");
    lab.control("claims", json!({"ada": {"email": "ada@elsewhere.example"}})).await;
    says(&page_of(&daemon, &lab, json!({})).await, 403, "You may not sign in here");
    lab.control("claims", json!({"ada": {"groups": []}})).await;
    says(&page_of(&daemon, &lab, json!({})).await, 403, "You may not sign in here");
    assert_eq!(inside.who().await, "", "the sessions of before are ended");
    token.get("/api/v1/session").await.problem(401, "bad_token");

    lab.control("claims", json!({})).await;
    let back = Visitor::of(&daemon);
    back.sign_in("lab", "ada").await;
    assert_eq!(back.who().await, "ada");
    daemon.cli(&["user", "lock", "ada"]);
    says(&page_of(&daemon, &lab, json!({})).await, 403, "Your account is locked");
}

#[tokio::test]
async fn a_provider_that_is_down_or_names_another_issuer_is_said_and_the_others_work() {
    let (lab, uni) = (Provider::start(), Provider::start());
    lab.misbehave(json!({"issuer": "http://evil.example"})).await;
    let (daemon, _file) = daemon_with(&[("lab", &lab, ""), ("uni", &uni, "label = \"The University\"")], "").await;
    let visitor = Visitor::of(&daemon);
    let page = visitor.step(&format!("{}/sign-in?next=/help", daemon.url())).await.ok(200);
    assert!(page.text.contains("Lab does not answer at the moment"), "{}", page.text);
    assert!(page.text.contains("href=\"/oidc/uni/begin?next=%2Fhelp\""), "{}", page.text);
    assert!(page.text.contains("Sign in with The University") && page.text.contains("name=\"password\""));
    let refused = visitor.step(&format!("{}/oidc/lab/begin", daemon.url())).await;
    assert!(matches!(refused.status, 502 | 503), "{} {}", refused.status, refused.text);
    visitor.sign_in("uni", "ada").await;
    assert_eq!(visitor.who().await, "ada");
    // It comes back by itself.
    lab.misbehave(json!({})).await;
    let begin = format!("{}/oidc/lab/begin", daemon.url());
    let other = Visitor::of(&daemon);
    testkit::eventually("the provider is asked again", std::time::Duration::from_secs(10), || async {
        other.step(&begin).await.status == 303
    })
    .await;
}

#[tokio::test]
async fn an_identity_is_linked_from_inside_a_session_only_and_never_the_last_way_in_is_taken() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "").await;
    let password = daemon.add_user("bob");
    let link = format!("{}/oidc/lab/link", daemon.url());
    let bob = Visitor::of(&daemon);
    bob.client().post("/oidc/lab/link", &json!({})).await.problem(401, "not_signed_in");
    let sign_in = bob.client().request(reqwest::Method::POST, "/api/v1/session").header("origin", &bob.url);
    sign_in.json(&json!({"name": "bob", "password": password})).send().await.expect("an answer");
    // Another site's page cannot begin it.
    let foreign = bob.client().request(reqwest::Method::POST, "/oidc/lab/link").header("origin", "http://evil.example");
    assert_eq!(foreign.send().await.expect("an answer").status().as_u16(), 403);

    let (_, page) = bob.submit(&link, &[]).await;
    let callback = bob.through(&refresh(&page), "ada").await;
    assert_eq!(bob.open(&callback).await.0, format!("{}/profile", daemon.url()));
    assert_eq!(bob.who().await, "bob");
    let again = Visitor::of(&daemon);
    again.sign_in("lab", "ada").await;
    assert_eq!(again.who().await, "bob", "the identity is bob's now");

    // An identity of another account cannot be linked, and after signing out no identity can.
    let grace = Visitor::of(&daemon);
    grace.sign_in("lab", "grace").await;
    let (_, page) = bob.submit(&link, &[]).await;
    let fresh = bob.step(&format!("{}/session/end", lab.issuer())).await;
    bob.leave(&lab, &fresh).await;
    let callback = bob.through(&refresh(&page), "grace").await;
    let page = bob.step(&callback).await;
    says(&page, 409, "This identity belongs to another account");
    leads_to_profile(&page);
    // The provider says no: trying again is linking again, and not a sign-in that makes a second account.
    lab.misbehave(json!({"authorizeError": "access_denied"})).await;
    let (_, page) = bob.submit(&link, &[]).await;
    let (_, page) = bob.open(&refresh(&page)).await;
    says(&page, 403, "Not signed in");
    leads_to_profile(&page);
    lab.misbehave(json!({})).await;
    let (_, page) = bob.submit(&link, &[]).await;
    let callback = bob.through(&refresh(&page), "grace").await;
    bob.client()
        .request(reqwest::Method::DELETE, "/api/v1/session")
        .header("origin", &bob.url)
        .send()
        .await
        .expect("an answer");
    let page = bob.step(&callback).await;
    says(&page, 400, "The identity was not linked");
    leads_to_profile(&page);
    let unlink = |visitor: &Visitor| {
        let fields = [("issuer", lab.issuer().to_owned()), ("subject", "grace".to_owned())];
        let request = visitor.client().request(reqwest::Method::POST, "/actions/unlink-identity");
        request.header("origin", &visitor.url).form(&fields).send()
    };
    assert_eq!(unlink(&grace).await.expect("an answer").status().as_u16(), 409, "her only way in");
    assert_eq!(unlink(&again).await.expect("an answer").status().as_u16(), 404, "not his");
}

#[track_caller]
fn leads_to_profile(page: &Answer) {
    assert!(page.text.contains("href=\"/profile\"") && !page.text.contains("/begin"), "{}", page.text);
}

/// Where a page leads on to by itself.
fn refresh(page: &Answer) -> String {
    let content = page.text.split_once("content=\"0; url=").unwrap_or_else(|| panic!("{}", page.text)).1;
    content.split('"').next().expect("an address").replace("&amp;", "&")
}

#[tokio::test]
async fn passwords_can_be_switched_off_but_not_for_the_last_administrator() {
    let lab = Provider::start();
    let off = "[auth]\nlocal = \"off\"\n";
    // No administrator signs in through the provider yet.
    let (options, _file) = configured(&[("lab", &lab, "")], off);
    let daemon = options.prepare();
    let output = command(&daemon.data).args(["serve", "--config"]).arg(_file.path()).output().expect("dockletd runs");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && message.contains("no administrator could sign in"), "{message}");
    let nobody = command(&daemon.data).args(["check-config", "--auth-local", "off"]).output().expect("dockletd runs");
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("nobody could sign in"));
    drop(daemon);

    let admins = "admin_if = \"groups=admins\"";
    let (daemon, _file) = daemon_with(&[("lab", &lab, admins)], off).await;
    let visitor = Visitor::of(&daemon);
    let page = visitor.step(&format!("{}/sign-in", daemon.url())).await.ok(200);
    assert!(page.text.contains("Sign in with Lab") && !page.text.contains("name=\"password\""), "{}", page.text);
    let answer = daemon.browser().sign_in("admin", &daemon.admin_password()).await;
    answer.problem(403, "forbidden");
    visitor.sign_in("lab", "ada").await;
    assert_eq!(visitor.client().get("/api/v1/session").await.at("/role"), "admin");
    assert!(daemon.cli(&["user", "list"]).contains("ada"), "the machine itself always works");
}

#[tokio::test]
async fn without_providers_the_page_has_the_password_form_and_no_button() {
    let daemon = Options::default().start().await;
    let page = Visitor::of(&daemon).step(&format!("{}/sign-in", daemon.url())).await.ok(200);
    assert!(page.text.contains("name=\"password\"") && !page.text.contains("/oidc/"), "{}", page.text);
}
