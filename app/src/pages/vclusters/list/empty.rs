//! The list of a user who has nothing yet: one sentence, one button, a picture of what comes.

use catalogue::t;
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
            <h2>{t!("vclusters-empty")}</h2>
            <p class="sub">{t!("vclusters-empty-text")}</p>
            <a class="button is-primary" href=routes::NEW_VCLUSTER>
                <Glyph icon=Icon::Plus/>
                {t!("vclusters-create-first")}
            </a>
        </section>
    }
}
