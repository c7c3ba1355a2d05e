//! The way to a vcluster's JupyterLab without knowing its address: the server leads on, or says why it cannot. Its links load
//! it from the server.

use leptos::prelude::*;
use wire::vcluster::Vcluster;

use crate::{
    api::apps::jupyter_address,
    components::{apps_astray::AppsAstray, skeleton::RowsSkeleton},
    contexts::live::use_live,
    pages::problem::ProblemText,
};

#[component]
pub(crate) fn JupyterPage() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    if use_live().apps_lead_astray() {
        return view! { <AppsAstray/> }.into_any();
    }
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let address = Resource::new_blocking(move || id.clone(), jupyter_address);
    view! {
        <Suspense fallback=RowsSkeleton>
            {move || Suspend::new(async move {
                match address.await {
                    Ok(address) => {
                        go(&address);
                        ().into_any()
                    }
                    Err(refused) => view! { <ProblemText problem=refused.into()/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// On the server, an answer that leads on; in a page that came here by itself, the same by its own hand.
fn go(address: &str) {
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(address);
    #[cfg(not(feature = "ssr"))]
    {
        // The address is the server's own.
        let _ = location().replace(address);
    }
}
