//! What the browser's tab shows: the page's title, and while something is going on, how far it is, in title and icon.

use catalogue::t;
use domain::node::NodeState;
use leptos::prelude::*;
use leptos_meta::Title;
use wasm_bindgen::JsCast;
use web_sys::HtmlLinkElement;
use wire::vcluster::Vcluster;

use crate::{
    contexts::live::use_live,
    wording::vcluster::{operating, ready},
};

const ICON: &str = "/favicon.svg";

/// The title of a page for signed-in people.
#[component]
pub(crate) fn TabTitle(#[prop(into)] title: Signal<String>) -> impl IntoView {
    let live = use_live();
    let busy = Memo::new(move |_| live.busy());
    let text = move || busy.with(|busy| with_progress(&title.get(), busy.as_ref()));
    Effect::new(move |_| {
        busy.with(|busy| show_icon(&busy.as_ref().map_or_else(|| ICON.to_owned(), icon)));
    });
    view! { <Title text=text/> }
}

fn with_progress(title: &str, busy: Option<&Vcluster>) -> String {
    match busy {
        Some(vcluster) => {
            let (running, all) = ready(vcluster);
            t!("common-page-title", page = format!("{running}/{all} {}", operating(vcluster)))
        }
        None => t!("common-page-title", page = title),
    }
}

/// Up to seven hexagons around a middle one, full where a node runs.
fn icon(vcluster: &Vcluster) -> String {
    const CENTRES: [(i32, i32); 7] = [(16, 16), (16, 6), (25, 11), (25, 21), (16, 26), (7, 21), (7, 11)];
    let hexagon = |((x, y), running): ((i32, i32), bool)| {
        let opacity = if running { "1" } else { ".3" };
        format!("<path d='M{x} {}l4 2.4v4.8l-4 2.4-4-2.4v-4.8z' opacity='{opacity}'/>", y - 5)
    };
    let nodes = vcluster.nodes.iter().map(|node| node.state == NodeState::Running);
    let hexagons: String = CENTRES.into_iter().zip(nodes).map(hexagon).collect();
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='%2312a594'>{hexagons}</svg>");
    format!("data:image/svg+xml,{svg}")
}

fn show_icon(address: &str) {
    let link = document().query_selector("link[rel=icon]").ok().flatten();
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlLinkElement>().ok()) {
        link.set_href(address);
    }
}

#[cfg(test)]
mod tests {
    use domain::vcluster::VclusterState;

    use super::*;
    use crate::wording::samples::vcluster;

    #[test]
    fn progress_comes_first_so_that_narrow_tabs_show_it() {
        let busy = vcluster("1", VclusterState::Creating);
        assert_eq!(with_progress("vclusters", Some(&busy)), "0/2 Creating lab-1 · Docklet");
        assert_eq!(with_progress("vclusters", None), "vclusters · Docklet");
    }

    #[test]
    fn the_icon_has_a_hexagon_for_each_node_it_has_room_for() {
        let mut many = vcluster("1", VclusterState::Creating);
        many.nodes = (0..16).map(|n| crate::wording::samples::node(n, NodeState::Running)).collect();
        assert_eq!(icon(&many).matches("<path").count(), 7);
        assert_eq!(icon(&vcluster("1", VclusterState::Creating)).matches("opacity='.3'").count(), 2);
    }
}
