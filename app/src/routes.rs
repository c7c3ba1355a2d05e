//! The one route table, and the only place that knows how a URL of the console is written.

use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Routes},
    path,
};

use crate::{
    layouts::{chrome::Chrome, signed_in::SignedInOnly},
    pages::{
        not_found::NotFound,
        sign_in::SignInPage,
        terminals::{choose::ChooseTerminalsPage, full::TerminalsPage},
        vclusters::{delete::DeleteDialog, detail::VclusterPage, list::VclustersPage, new::NewDialog},
    },
};

/// All vclusters: where people land.
pub const HOME: &str = "/";
/// Ordering a vcluster: a dialog over the list.
pub const NEW_VCLUSTER: &str = "/vclusters/new";
/// Where terminals can be opened.
pub const TERMINALS: &str = "/terminals";
pub const SIGN_IN: &str = "/sign-in";

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

/// Its terminals, full page.
pub fn terminals(id: &str) -> String {
    format!("/vclusters/{id}/terminals")
}

/// Its terminals, full page, with one of this node in front.
pub fn terminal_of_node(id: &str, node: &str) -> String {
    format!("{}?terminal={node}", terminals(id))
}

/// The sign-in page, which comes back to `next` (a path of ours).
pub fn sign_in_then(next: &str) -> String {
    if next == HOME {
        SIGN_IN.to_owned()
    } else {
        format!("{SIGN_IN}?next={}", leptos_router::location::Url::escape(next))
    }
}

/// Where to go after sign-in. Only paths of this site: anything a browser could read as another host is home.
pub fn safe_next(next: &str) -> &str {
    let bytes = next.as_bytes();
    let ours = bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && next.bytes().all(|b| b.is_ascii_graphic())
        && !next.starts_with(SIGN_IN);
    if ours { next } else { HOME }
}

/// Every page waits for its data on the server: what arrives is complete and works without JavaScript.
#[component]
pub(crate) fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=|| view! { <NotFound/> }.into_any()>
            <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
            <ParentRoute path=path!("") view=SignedInOnly ssr=SsrMode::Async>
                <Route path=path!("/vclusters/:id/terminals") view=TerminalsPage ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=Chrome ssr=SsrMode::Async>
                    <ParentRoute path=path!("") view=VclustersPage ssr=SsrMode::Async>
                        <Route path=path!("/") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("/vclusters/new") view=NewDialog ssr=SsrMode::Async/>
                    </ParentRoute>
                    <Route path=path!("/terminals") view=ChooseTerminalsPage ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/vclusters/:id") view=VclusterPage ssr=SsrMode::Async>
                        <Route path=path!("") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!("/delete") view=DeleteDialog ssr=SsrMode::Async/>
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
    }

    #[test]
    fn next_never_leads_back_to_sign_in() {
        assert_eq!(safe_next("/sign-in?next=/sign-in"), HOME);
        assert_eq!(sign_in_then(HOME), SIGN_IN);
    }
}
