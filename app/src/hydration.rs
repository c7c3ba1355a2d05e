//! Whether a page is the one that the server has rendered, or one that the person went to since.

use leptos::prelude::*;

/// On the server, and in the browser while the server's page is being taken over.
pub(crate) fn is_first_render() -> bool {
    Owner::current_shared_context().is_none_or(|context| !context.is_browser() || context.during_hydration())
}
