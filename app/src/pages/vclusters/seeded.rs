//! Pages that the server renders with figures, and that need none of them to begin with in the browser: there the live
//! stream brings them a moment later, and going from tab to tab waits for nothing.

use std::future::Future;

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::{api::Refused, hydration::is_first_render};

/// On the server, and where its page is being taken over: `body` with what was read. Else `body` at once.
pub(crate) fn seeded<T, F>(
    read: impl Fn() -> F + Send + Sync + 'static,
    seed: impl Fn(T) + Copy + Send + Sync + 'static,
    body: impl Fn() -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T, Refused>> + Send + 'static,
{
    if !is_first_render() {
        return body();
    }
    let found = Resource::new_blocking(|| (), move |()| read());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                // Without figures the page is still the page.
                if let Ok(found) = found.await {
                    seed(found);
                }
                body()
            })}
        </Suspense>
    }
    .into_any()
}
