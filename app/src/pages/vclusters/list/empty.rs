//! The list of somebody who has nothing yet: one sentence, one button, a picture of what comes.

use leptos::prelude::*;

use crate::{
    components::{
        hexagons::Preview,
        icon::{Glyph, Icon},
    },
    routes,
};

#[component]
pub(crate) fn Empty() -> impl IntoView {
    view! {
        <section class="empty card">
            <div class="empty-picture"><Preview nodes=3/></div>
            <h2>"No vcluster yet"</h2>
            <p class="sub">"A vcluster is a few Linux nodes of your own, with a terminal in the browser a second from now."</p>
            <a class="button is-primary" href=routes::NEW_VCLUSTER>
                <Glyph icon=Icon::Plus/>
                "Create your first vcluster"
            </a>
        </section>
    }
}
