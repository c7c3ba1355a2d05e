//! Pages whose code the browser fetches when a person first goes to one of their area, so that the first page is there soon.
//!
//! An area is one file of WASM; what several areas need is in files of its own, all written by `cargo leptos --split`.
//! Where people land (the list) is in the console's main file. Knows no page from inside.

use std::future::Future;

use leptos::{prelude::*, wasm_split::SplitLoaderError};
use wire::problem::{Code, Problem};

use crate::pages::problem::ProblemSection;

/// An area's pages, as routes and as the one function at which the code is cut.
macro_rules! area {
    ($(#[$doc:meta])* $area:ident { $($route:ident => $page:path),+ $(,)? }) => {
        $(#[$doc])*
        pub(super) mod $area {
            use leptos::{prelude::*, wasm_split::{SplitLoaderError, wasm_split}};
            use leptos_router::LazyRoute;

            #[derive(Debug, Clone, Copy)]
            pub(super) enum Page { $($route),+ }

            #[wasm_split($area, wasm_split_path = ::leptos::wasm_split, fallible, preload(fetch))]
            pub(super) fn $area(page: Page) -> Result<AnyView, SplitLoaderError> {
                Ok(match page { $(Page::$route => $page().into_any()),+ })
            }

            $(
                #[derive(Debug)]
                pub(crate) struct $route;

                // Without `preload`, in which others fetch the code: the router shows a page that was preloaded too late
                // over the one that was asked for after it (leptos issue 4784). A view that comes too late it drops.
                impl LazyRoute for $route {
                    fn data() -> Self {
                        Self
                    }

                    async fn view(_page: Self) -> AnyView {
                        super::drawn(|| $area(Page::$route)).await
                    }
                }
            )+
        }
    };
}

area! {
    /// Signing in, and confirming it.
    entrance {
        SignIn => crate::pages::sign_in::SignInPage,
        Confirm => crate::pages::sign_in::ConfirmPage,
        EnterApp => crate::pages::sign_in::EnterApp,
    }
}

area! {
    /// Ordering a vcluster.
    order {
        New => crate::pages::vclusters::new::NewDialog,
    }
}

area! {
    /// One vcluster, and what is of all of them: terminals, activity.
    vcluster {
        Vcluster => crate::pages::vclusters::detail::VclusterPage,
        Overview => crate::pages::vclusters::detail::OverviewTab,
        Delete => crate::pages::vclusters::detail::DeleteTab,
        Apps => crate::pages::vclusters::apps::AppsTab,
        Jupyter => crate::pages::vclusters::apps::JupyterPage,
        Activity => crate::pages::vclusters::activity::ActivityTab,
        AllActivity => crate::pages::vclusters::activity::ActivityPage,
        Terminals => crate::pages::terminals::TerminalsPage,
        ChooseTerminals => crate::pages::terminals::ChooseTerminalsPage,
    }
}

area! {
    /// Jobs: all, one, a new one; the queue.
    jobs {
        List => crate::pages::jobs::list::JobsPage,
        NewJob => crate::pages::jobs::new::NewJobPage,
        Job => crate::pages::jobs::one::JobPage,
        Queue => crate::pages::jobs::queue::QueuePage,
    }
}

area! {
    /// The user's own account, programs that are let into it, and help.
    profile {
        Profile => crate::pages::profile::ProfilePage,
        NewToken => crate::pages::profile::tokens::NewTokenDialog,
        Device => crate::pages::device::DevicePage,
        Help => crate::pages::help::HelpPage,
    }
}

area! {
    /// What administrators see.
    admin {
        People => crate::pages::admin::people::PeoplePage,
        Person => crate::pages::admin::person::PersonPage,
        NewUser => crate::pages::admin::new_user::NewUserDialog,
        Images => crate::pages::admin::images::ImagesPage,
        Health => crate::pages::admin::health::HealthPage,
        Config => crate::pages::admin::config::ConfigPage,
    }
}

/// A file of code that is fetched when a person goes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    Entrance,
    Order,
    Vcluster,
    Jobs,
    Profile,
    Admin,
}

/// What people go to next from where they land; fetched ahead, so that they wait for nothing then.
#[cfg(feature = "ssr")]
pub(crate) const AHEAD: [Area; 2] = [Area::Order, Area::Vcluster];

impl Area {
    /// The area this path is in; `None` where people land.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let mut parts = path.split('/').skip(1);
        match (parts.next()?, parts.next()) {
            ("sign-in" | "confirm", _) | ("apps", Some("enter")) => Some(Self::Entrance),
            ("vclusters", Some("new")) => Some(Self::Order),
            ("vclusters" | "terminals" | "activity", _) => Some(Self::Vcluster),
            ("jobs" | "queue", _) => Some(Self::Jobs),
            ("profile" | "device" | "help", _) => Some(Self::Profile),
            ("admin", _) => Some(Self::Admin),
            _ => None,
        }
    }

    /// As its file is called.
    #[cfg(feature = "ssr")]
    pub(crate) const fn file(self) -> &'static str {
        match self {
            Self::Entrance => "entrance",
            Self::Order => "order",
            Self::Vcluster => "vcluster",
            Self::Jobs => "jobs",
            Self::Profile => "profile",
            Self::Admin => "admin",
        }
    }
}

/// Fetches the area of the page that the browser shows.
///
/// # Errors
/// A `TypeError` when it cannot be had.
#[cfg(feature = "hydrate")]
pub async fn fetch_page() -> Result<(), wasm_bindgen::JsValue> {
    let Some(area) = Area::of(&location().pathname()?) else { return Ok(()) };
    let fetched = match area {
        Area::Entrance => patiently(entrance::fetch).await,
        Area::Order => patiently(order::fetch).await,
        Area::Vcluster => patiently(vcluster::fetch).await,
        Area::Jobs => patiently(jobs::fetch).await,
        Area::Profile => patiently(profile::fetch).await,
        Area::Admin => patiently(admin::fetch).await,
    };
    fetched.map_err(|error| js_sys::TypeError::new(&error.to_string()).into())
}

/// How often an area is asked for in a row: a network that changes in this moment is there again in the next.
const TRIES: u32 = 4;

/// Draws a page of an area, or says that its code cannot be had.
async fn drawn<F>(draw: impl Fn() -> F) -> AnyView
where
    F: Future<Output = Result<AnyView, SplitLoaderError>>,
{
    patiently(draw).await.unwrap_or_else(|_| {
        let text = "The server does not answer. Check your connection, then load the page again.";
        view! { <ProblemSection problem=Problem::new(Code::NotReady, text)/> }.into_any()
    })
}

/// Asks again a few times where an area cannot be had.
async fn patiently<T, F>(ask: impl Fn() -> F) -> Result<T, SplitLoaderError>
where
    F: Future<Output = Result<T, SplitLoaderError>>,
{
    let mut tried = 0;
    loop {
        match ask().await {
            Err(_) if tried < TRIES => pause(tried).await,
            outcome => return outcome,
        }
        tried += 1;
    }
}

/// Longer each time. On the server, where nothing is fetched, there is none.
async fn pause(tried: u32) {
    #[cfg(feature = "hydrate")]
    gloo_timers::future::TimeoutFuture::new(200 << tried).await;
    #[cfg(not(feature = "hydrate"))]
    let _ = tried;
}
