//! The reader's time zone. The browser knows it and tells the server in a cookie; a server that has not been told renders
//! UTC, and the page puts it right once it is hydrated. So both first renders are the same.

use leptos::prelude::*;

use crate::zone::Zone;

pub const COOKIE: &str = "docklet_zone";

#[derive(Debug, Clone, Copy)]
pub(crate) struct ZoneContext(RwSignal<Zone>);

impl ZoneContext {
    pub(crate) fn get(self) -> Zone {
        self.0.get()
    }
}

/// The zone in a `Cookie` header; UTC where there is none, or an unknown one.
#[cfg(any(feature = "ssr", test))]
pub(crate) fn from_cookies(header: &str) -> Zone {
    let mut pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).and_then(|(_, value)| Zone::parse(value)).unwrap_or_else(Zone::utc)
}

/// Begins with the zone the page was rendered in.
pub(crate) fn provide_zone() {
    #[cfg(feature = "ssr")]
    let rendered = crate::request_context::zone();
    #[cfg(not(feature = "ssr"))]
    let rendered = browser::rendered();
    let zone = RwSignal::new(rendered);
    Effect::new(move |_| {
        if let Some(here) = browser::here().filter(|here| zone.with_untracked(|zone| zone != here)) {
            browser::remember(&here);
            zone.set(here);
        }
    });
    provide_context(ZoneContext(zone));
}

pub(crate) fn use_zone() -> ZoneContext {
    expect_context()
}

mod browser {
    use leptos::prelude::document;
    use wasm_bindgen::{JsCast, JsValue};

    use super::{COOKIE, Zone};

    /// What the server rendered in.
    #[cfg(not(feature = "ssr"))]
    pub(super) fn rendered() -> Zone {
        let root = document().document_element();
        let name = root.and_then(|root| root.get_attribute("data-zone")).unwrap_or_default();
        Zone::parse(&name).unwrap_or_else(Zone::utc)
    }

    /// What this browser is set to.
    pub(super) fn here() -> Option<Zone> {
        let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new());
        let name = js_sys::Reflect::get(&format.resolved_options(), &JsValue::from_str("timeZone")).ok()?;
        Zone::parse(&name.as_string()?)
    }

    pub(super) fn remember(zone: &Zone) {
        if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
            // A browser that takes no cookies gets its first render in UTC each time.
            let _ = document.set_cookie(&format!("{COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", zone.name()));
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_found_among_other_cookies() {
        assert_eq!(from_cookies("a=b; docklet_zone=Asia/Tokyo; c=d").name(), "Asia/Tokyo");
        for header in ["", "docklet_zone=", "docklet_zone=Moon/Crater", "xdocklet_zone=Asia/Tokyo"] {
            assert_eq!(from_cookies(header), Zone::utc(), "{header:?}");
        }
    }
}
