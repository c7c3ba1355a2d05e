//! Which images may be used, beside a field that names one.

use catalogue::t;
use leptos::prelude::*;
use wire::image::ImageChoice;

use crate::api::images::read_image_choice;

/// Read for itself. Not for a place that is itself waited for: there, the server and the browser would count resources differently.
#[component]
pub(crate) fn AllowedImages() -> impl IntoView {
    let choice = Resource::new_blocking(|| (), |()| read_image_choice());
    view! {
        <Suspense>
            // Nothing is said where it cannot be read; what may not be used is refused with the rule.
            {move || Suspend::new(async move { choice.await.ok().map(|choice| view! { <ImageHints choice=choice/> }) })}
        </Suspense>
    }
}

/// As suggestions (`list="new-listed-images"`) and as a sentence (`aria-describedby="new-image-about"`).
#[component]
pub(crate) fn ImageHints(choice: ImageChoice) -> impl IntoView {
    let sentence = allowed_sentence(&choice);
    // A star stands for what the person knows better.
    let names = choice.listed.into_iter().filter(|name| !name.contains('*'));
    view! {
        <datalist id="new-listed-images">{names.map(|name| view! { <option value=name></option> }).collect_view()}</datalist>
        <p id="new-image-about" class="sub">{sentence}</p>
    }
}

fn allowed_sentence(choice: &ImageChoice) -> String {
    let list = |names: &[String]| names.join(", ");
    match (choice.any_image, choice.registries.as_slice()) {
        (false, _) => t!("new-image-listed", images = list(&choice.listed)),
        (true, []) => t!("new-image-only-base"),
        (true, registries) => t!("new-image-from", registries = list(registries)),
    }
}
