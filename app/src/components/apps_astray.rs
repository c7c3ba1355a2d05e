//! Why apps cannot be opened from this browser's machine, and which settings change that.

use catalogue::t;
use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    rich::Rich,
};
use crate::{contexts::live::use_live, routes};

/// Nothing where their addresses lead to the server.
#[component]
pub(crate) fn AppsAstray() -> impl IntoView {
    let mark = |name: String, text: String| match name.as_str() {
        "link" => view! { <a href=routes::APPS_DOMAIN rel="external">{text}</a> }.into_any(),
        _ => view! { <code>{text}</code> }.into_any(),
    };
    use_live().apps_lead_astray().then(|| {
        view! {
            <div class="note tone-warning" role="note">
                <Glyph icon=Icon::Warning/>
                <div><p><Rich text=t!("tabs-apps-astray") mark=mark/></p></div>
            </div>
        }
    })
}
