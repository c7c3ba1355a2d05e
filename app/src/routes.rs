//! The one route table, and the only place that knows how a URL of the console is written.

mod areas;

use std::fmt::Display;

use leptos::prelude::*;
use leptos_router::{
    Lazy, SsrMode,
    components::{ParentRoute, Route, Routes},
    path,
};

#[cfg(feature = "hydrate")]
pub use self::areas::fetch_page;
#[cfg(feature = "ssr")]
pub(crate) use self::areas::{AHEAD, Area};
use self::areas::{admin, entrance, jobs, order, profile, vcluster as one};
use crate::{
    layouts::{chrome::Chrome, signed_in::SignedInOnly},
    pages::{problem::NotFound, vclusters::list::VclustersPage},
};

/// All vclusters: where people land.
pub const HOME: &str = "/";
/// Ordering a vcluster: a dialog over the list.
pub const NEW_VCLUSTER: &str = "/vclusters/new";
/// Where terminals can be opened.
pub const TERMINALS: &str = "/terminals";
/// What was done with all vclusters.
pub const ACTIVITY: &str = "/activity";
/// All jobs.
pub const JOBS: &str = "/jobs";
/// What runs where, and what comes next.
pub const QUEUE: &str = "/queue";
/// Submitting a job.
pub const NEW_JOB: &str = "/jobs/new";
/// Where an app's host sends a browser that it does not know; answered by the server, never by the console.
pub const ENTER_APP: &str = "/apps/enter";
pub const SIGN_IN: &str = "/sign-in";
/// Confirming a sign-in.
pub const CONFIRM: &str = "/confirm";

/// Letting in a program on another machine.
pub const DEVICE: &str = "/device";
/// The same, when it was approved or denied.
pub const DEVICE_APPROVED: &str = "/device?done=approved";
pub const DEVICE_DENIED: &str = "/device?done=denied";

/// No code is longer, however it is typed.
const LONGEST_CODE: usize = 32;

/// Letting in the program that shows this code. What cannot be in a code is left out, so that nothing needs escaping.
pub fn device(code: &str) -> String {
    let code = code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(LONGEST_CODE);
    format!("{DEVICE}?code={}", code.collect::<String>())
}

/// Signing in at an OpenID provider, then going to `next`; answered by the server, never by the console.
pub fn sign_in_through(provider: &str, next: &str) -> String {
    format!("/oidc/{provider}/begin?next={}", leptos_router::location::Url::escape(next))
}

/// The same, to confirm the sign-in of a signed-in user.
pub fn confirm_through(provider: &str, next: &str) -> String {
    format!("/oidc/{provider}/confirm?next={}", leptos_router::location::Url::escape(next))
}

/// Where a form links an identity of the provider to the account.
pub fn link_identity(provider: &str) -> String {
    format!("/oidc/{provider}/link")
}
/// The user's own account: password, tokens, sessions.
pub const PROFILE: &str = "/profile";
/// The same, after a password was changed.
pub const PASSWORD_CHANGED: &str = "/profile?changed=password";
/// Making an API token: a dialog over the profile.
pub const NEW_TOKEN: &str = "/profile/tokens/new";
/// People, for administrators.
pub const ADMIN_USERS: &str = "/admin/users";
/// Adding a user: a dialog over the list. Not below it, where every word may be a name.
pub const NEW_USER: &str = "/admin/new-user";
/// The images that may be used.
pub const ADMIN_IMAGES: &str = "/admin/images";
pub const ADMIN_HEALTH: &str = "/admin/health";
pub const ADMIN_CONFIG: &str = "/admin/config";

/// First steps, keys, limits.
pub const HELP: &str = "/help";
/// `docklet`, the command line: files below, and a page that says how.
pub const DOWNLOAD: &str = "/download";
/// The book, served beside the console.
pub const DOCS: &str = "/docs/";
/// How apps get addresses that lead here.
pub const APPS_DOMAIN: &str = "/docs/admin/apps-domain.html";
/// What can be called instead of pressed.
pub const REST: &str = "/docs/reference/rest.html";

/// One vcluster.
pub fn vcluster(id: &str) -> String {
    format!("/vclusters/{id}")
}

/// One vcluster, with a terminal of this node opened and focused.
pub fn vcluster_at_node(id: &str, node: &str) -> String {
    format!("/vclusters/{id}?terminal={node}")
}

/// Deleting it: a dialog over its page.
pub fn delete_vcluster(id: &str) -> String {
    format!("/vclusters/{id}/delete")
}

/// Its apps.
pub fn apps(id: &str) -> String {
    format!("/vclusters/{id}/apps")
}

/// What was done with it.
pub fn activity(id: &str) -> String {
    format!("/vclusters/{id}/activity")
}

/// Leads on to its JupyterLab, wherever that is.
pub fn jupyter(id: &str) -> String {
    format!("/vclusters/{id}/jupyter")
}

/// One job, by its number, or an element of an array, as `812_7`.
pub fn job(reference: impl Display) -> String {
    format!("{JOBS}/{reference}")
}

/// What of its query says how those elements fare that an array's page shows.
pub const ELEMENTS: &str = "elements";

/// An array's page with those of its elements that fare so, and are behind this index; an empty text asks for all.
pub fn elements(array: i64, fare: &str, after: &str) -> String {
    let given = [(ELEMENTS, fare), ("after", after)].into_iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = given.map(|(name, value)| format!("{name}={value}")).collect();
    let joint = if query.is_empty() { "" } else { "?" };
    format!("{}{joint}{}", job(array), query.join("&"))
}

/// Those of the jobs that the list calls so.
pub fn jobs_shown(part: &str) -> String {
    format!("{JOBS}?show={part}")
}

/// Submitting one like this again.
pub fn job_like(reference: impl Display) -> String {
    format!("{NEW_JOB}?like={reference}")
}

/// What stands for the indexes of those elements that have failed, in [`failed_like`].
pub const FAILED: &str = "failed";

/// Submitting those elements of this array again that have failed.
pub fn failed_like(array: i64) -> String {
    format!("{}&array={FAILED}", job_like(array))
}

/// Submitting one like this with another size: `cpus=2`, `memory=512`, `time_limit=1800s`.
pub fn job_changed(reference: impl Display, change: &str) -> String {
    format!("{}&{change}", job_like(reference))
}

/// The form of a job as it was when it was refused; it can be shown once.
pub fn job_kept(key: &str) -> String {
    format!("{NEW_JOB}?kept={key}")
}

/// Most bytes of a job's output in one answer.
pub const MOST_OUTPUT: u64 = 1024 * 1024;

/// The first of the bytes that a job has written; answered by the server, never by the console.
pub fn job_output(reference: impl Display) -> String {
    format!("/api/v1/jobs/{reference}/output?limit={MOST_OUTPUT}")
}

/// The vcluster that a path is about.
pub fn vcluster_of(path: &str) -> Option<&str> {
    let id = path.strip_prefix("/vclusters/")?.split('/').next()?;
    (!id.is_empty() && path.split('/').nth(2) != Some("new")).then_some(id)
}

/// Its terminals, full page.
pub fn terminals(id: &str) -> String {
    format!("/vclusters/{id}/terminals")
}

/// Its terminals, full page, with one of this node in front.
pub fn terminal_of_node(id: &str, node: &str) -> String {
    format!("{}?terminal={node}", terminals(id))
}

/// A new API token, shown once: `key` takes it.
pub fn new_token_shown(key: &str) -> String {
    format!("{NEW_TOKEN}?shown={key}")
}

/// One person, for administrators.
pub fn person(name: &str) -> String {
    format!("{ADMIN_USERS}/{name}")
}

/// The same, with a new password that is shown once.
pub fn person_shown(name: &str, key: &str) -> String {
    format!("{ADMIN_USERS}/{name}?shown={key}")
}

/// A new user, with their password, shown once.
pub fn new_user_shown(name: &str, key: &str) -> String {
    format!("{NEW_USER}?name={name}&shown={key}")
}

/// The sign-in page, which comes back to `next` (a path of ours).
pub fn sign_in_then(next: &str) -> String {
    if next == HOME {
        SIGN_IN.to_owned()
    } else {
        format!("{SIGN_IN}?next={}", leptos_router::location::Url::escape(next))
    }
}

/// Where a page that asks for a sign-in is come back to. Of its query only the code of a program is kept: the rest may be what
/// was said about a form.
pub(crate) fn back_to(path: &str, code: Option<&str>) -> String {
    match code {
        Some(code) if path == DEVICE => device(code),
        _ => path.to_owned(),
    }
}

/// Where a user confirms their sign-in, which then leads to `next`.
pub fn confirm_then(next: &str) -> String {
    format!("{CONFIRM}?next={}", leptos_router::location::Url::escape(next))
}

/// Longer ones are no page of ours, and would be kept while a person signs in.
const LONGEST_NEXT: usize = 2048;

/// Where to go after sign-in. Only paths of this site: anything a browser could read as another host is home.
pub fn safe_next(next: &str) -> &str {
    let bytes = next.as_bytes();
    let ours = bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && next.bytes().all(|b| b.is_ascii_graphic())
        && ![SIGN_IN, CONFIRM].iter().any(|page| next.starts_with(page))
        && next.len() <= LONGEST_NEXT;
    if ours { next } else { HOME }
}

/// Every page waits for its data on the server: what arrives is complete and works without JavaScript.
#[component]
pub(crate) fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <NotFound/> }.into_any()>
            <Route path=path!("/apps/enter") view={Lazy::<entrance::EnterApp>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/sign-in") view={Lazy::<entrance::SignIn>::new()} ssr=SsrMode::Async/>
            <Route path=path!("/confirm") view={Lazy::<entrance::Confirm>::new()} ssr=SsrMode::Async/>
            <ParentRoute path=path!("") view=SignedInOnly ssr=SsrMode::Async>
                <Route path=path!("/device") view={Lazy::<profile::Device>::new()} ssr=SsrMode::Async/>
                <Route path=path!("/vclusters/:id/terminals") view={Lazy::<one::Terminals>::new()} ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=Chrome ssr=SsrMode::Async>
                    <ParentRoute path=path!("") view=VclustersPage ssr=SsrMode::Async>
                        <Route path=path!("/") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("/vclusters/new") view={Lazy::<order::New>::new()} ssr=SsrMode::Async/>
                    </ParentRoute>
                    <Route path=path!("/terminals") view={Lazy::<one::ChooseTerminals>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/activity") view={Lazy::<one::AllActivity>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/jobs") view={Lazy::<jobs::List>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/queue") view={Lazy::<jobs::Queue>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/jobs/new") view={Lazy::<jobs::NewJob>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/jobs/:id") view={Lazy::<jobs::Job>::new()} ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/profile") view={Lazy::<profile::Profile>::new()} ssr=SsrMode::Async>
                        <Route path=path!("") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("/tokens/new") view={Lazy::<profile::NewToken>::new()} ssr=SsrMode::Async/>
                    </ParentRoute>
                    <Route path=path!("/admin/health") view={Lazy::<admin::Health>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/admin/images") view={Lazy::<admin::Images>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/admin/config") view={Lazy::<admin::Config>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/admin/users/:name") view={Lazy::<admin::Person>::new()} ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/admin") view={Lazy::<admin::People>::new()} ssr=SsrMode::Async>
                        <Route path=path!("/users") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("/new-user") view={Lazy::<admin::NewUser>::new()} ssr=SsrMode::Async/>
                    </ParentRoute>
                    <Route path=path!("/help") view={Lazy::<profile::Help>::new()} ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/vclusters/:id") view={Lazy::<one::Vcluster>::new()} ssr=SsrMode::Async>
                        <Route path=path!("") view={Lazy::<one::Overview>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/apps") view={Lazy::<one::Apps>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/activity") view={Lazy::<one::Activity>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/jupyter") view={Lazy::<one::Jupyter>::new()} ssr=SsrMode::Async/>
                        <Route path=path!("/delete") view={Lazy::<one::Delete>::new()} ssr=SsrMode::Async/>
                    </ParentRoute>
                </ParentRoute>
            </ParentRoute>
        </Routes>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_stays_on_this_site() {
        for path in ["/", "/vclusters/1", "/vclusters/1?terminal=node-0"] {
            assert_eq!(safe_next(path), path);
        }
        for text in
            ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nb", "vclusters", "/\u{a0}x"]
        {
            assert_eq!(safe_next(text), HOME, "{text:?}");
        }
        assert_eq!(safe_next(&format!("/{}", "x".repeat(2048))), HOME, "too long");
    }

    /// A page whose area is not known here would be taken over without its code.
    #[test]
    fn every_page_is_in_the_area_that_has_its_code() {
        let of = [
            (HOME.to_owned(), None),
            (SIGN_IN.into(), Some(Area::Entrance)),
            (CONFIRM.into(), Some(Area::Entrance)),
            (ENTER_APP.into(), Some(Area::Entrance)),
            (NEW_VCLUSTER.into(), Some(Area::Order)),
            (vcluster("1"), Some(Area::Vcluster)),
            (delete_vcluster("1"), Some(Area::Vcluster)),
            (apps("1"), Some(Area::Vcluster)),
            (activity("1"), Some(Area::Vcluster)),
            (jupyter("1"), Some(Area::Vcluster)),
            (terminals("1"), Some(Area::Vcluster)),
            (TERMINALS.into(), Some(Area::Vcluster)),
            (ACTIVITY.into(), Some(Area::Vcluster)),
            (JOBS.into(), Some(Area::Jobs)),
            (QUEUE.into(), Some(Area::Jobs)),
            (NEW_JOB.into(), Some(Area::Jobs)),
            (job(7), Some(Area::Jobs)),
            (job("812_7"), Some(Area::Jobs)),
            (failed_like(812), Some(Area::Jobs)),
            (PROFILE.into(), Some(Area::Profile)),
            (NEW_TOKEN.into(), Some(Area::Profile)),
            (DEVICE.into(), Some(Area::Profile)),
            (HELP.into(), Some(Area::Profile)),
            (ADMIN_USERS.into(), Some(Area::Admin)),
            (NEW_USER.into(), Some(Area::Admin)),
            (person("ada"), Some(Area::Admin)),
            (ADMIN_IMAGES.into(), Some(Area::Admin)),
            (ADMIN_HEALTH.into(), Some(Area::Admin)),
            (ADMIN_CONFIG.into(), Some(Area::Admin)),
        ];
        for (path, area) in of {
            assert_eq!(Area::of(&path), area, "{path}");
        }
    }

    #[test]
    fn the_code_of_a_program_is_kept_while_its_person_signs_in() {
        let next = back_to(DEVICE, Some("WDJB-MJHT"));
        assert_eq!((next.as_str(), safe_next(&next)), ("/device?code=WDJB-MJHT", next.as_str()));
        assert_eq!(back_to(DEVICE, None), DEVICE);
        assert_eq!(back_to(PROFILE, Some("WDJB-MJHT")), PROFILE);
        assert_eq!(back_to(DEVICE, Some("a b&next=//\u{e4}")), "/device?code=abnext");
    }

    #[test]
    fn the_elements_of_an_array_are_on_its_page() {
        assert_eq!(elements(812, "", ""), "/jobs/812");
        assert_eq!(elements(812, "failed", "99"), "/jobs/812?elements=failed&after=99");
        assert_eq!(failed_like(812), "/jobs/new?like=812&array=failed");
    }

    #[test]
    fn next_never_leads_back_to_sign_in() {
        for page in ["/sign-in?next=/sign-in", "/confirm?next=/confirm"] {
            assert_eq!(safe_next(page), HOME);
        }
        assert_eq!(sign_in_then(HOME), SIGN_IN);
    }
}
