//! A button with a menu: a native popover, so Escape, a click elsewhere and the keyboard work before and without our
//! script, and nothing clips it. With the script it stands beside its button, and arrow keys move in it.

mod popover;

use leptos::prelude::*;

use self::popover::Popover;

/// The menu's own children are links, or forms with a button.
#[component]
pub(crate) fn Menu(
    /// Unique in the page.
    #[prop(into)]
    id: String,
    /// What a screen reader says for the button.
    #[prop(into)]
    label: Signal<String>,
    /// The button's classes.
    #[prop(into)]
    class: String,
    /// What is in the button.
    #[prop(into)]
    button: ViewFn,
    children: Children,
) -> impl IntoView {
    let popover = Popover::default();
    view! {
        <button
            node_ref=popover.opener
            type="button"
            class=class
            popovertarget=id.clone()
            aria-label=move || label.get()
            title=move || label.get()
            on:click=move |_| popover.place()
            on:keydown=move |event| popover.enter(&event)
        >
            {button.run()}
        </button>
        <div
            node_ref=popover.panel
            id=id
            class="menu"
            popover="auto"
            on:keydown=move |event| popover.step(&event)
            on:submit=move |_| popover.close()
            on:click=move |event| popover.follow(&event)
        >
            {children()}
        </div>
    }
}
