//! What a job writes, as it writes it, with its colours; it can be searched.

mod search;

use std::sync::Arc;

use catalogue::t;
use leptos::{html, prelude::*};
use wire::job::{Job, JobOutput};

use self::search::{CURRENT, Search, Tools};
use crate::{
    api::Refused,
    components::{
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        section::Section,
    },
    contexts::job_output::{OutputLive, follow_output},
    output::{Chunk, Run},
    routes,
    wording::amount::bytes,
};

/// Nearer to the end than this the reader is at the end; in pixels.
const NEAR: i32 = 24;

/// `first`: what the page was rendered with.
#[component]
pub(super) fn OutputSection(job: Memo<Job>, first: Result<JobOutput, Refused>) -> impl IntoView {
    let (reference, path) = job.with_untracked(|job| (job.reference(), job.output.clone()));
    let (file, address) = (format!("job-{reference}.out"), routes::job_output(&reference));
    let output = follow_output(reference, first);
    let search = Search::new(output);
    // What is longer comes in pieces, which a link cannot put together.
    let word = move || if output.size() > routes::MOST_OUTPUT { t!("job-download-first") } else { t!("job-download") };
    let download = move || {
        view! {
            <a class="button is-small" href=address download=file rel="external">
                <Glyph icon=Icon::Download/>
                {word}
            </a>
        }
    };
    let cut = move || t!("job-output-cut", size = bytes(output.size()), path = path.as_str());
    let none = move || {
        let text = if output.is_whole() { t!("job-output-none") } else { t!("job-output-not-yet") };
        output.is_empty().then_some(text)
    };
    view! {
        <Section id="output" title=t!("job-output") action=ViewFnOnce::from(move || download().into_any())>
            <div class="section-notes"><ProblemNote problem=Signal::derive(move || output.problem())/></div>
            <p class="section-empty sub" hidden=move || !output.is_cut()>{cut}</p>
            <p class="section-empty sub" hidden=move || none().is_none()>{none}</p>
            <Tools search=search output=output/>
            <Text output=output search=search/>
        </Section>
    }
    .into_any()
}

#[component]
fn Text(output: OutputLive, search: Search) -> impl IntoView {
    let place = Place { pre: NodeRef::new(), top: StoredValue::new(0), at_end: StoredValue::new(true) };
    Effect::new(move |_| {
        output.track();
        // Once it is drawn.
        request_animation_frame(move || place.keep_up());
    });
    view! {
        <pre
            node_ref=place.pre
            class="output"
            class:is-wrapped=move || search.wraps.get()
            tabindex="0"
            role="log"
            aria-live="off"
            aria-label=t!("job-output")
            hidden=move || output.is_empty()
            on:scroll=move |_| place.scrolled()
        >
            // The element within keeps a first line that is empty.
            <code>
                <For
                    each=move || output.chunks()
                    key=|chunk| (chunk.id, chunk.version)
                    children=move |chunk| view! { <Part chunk=chunk search=search/> }
                />
            </code>
        </pre>
    }
}

/// A part of the text; drawn again when something else is found in it.
#[component]
fn Part(chunk: Arc<Chunk>, search: Search) -> impl IntoView {
    let id = chunk.id;
    let found = Memo::new(move |_| search.in_chunk(id));
    move || found.with(|found| chunk.runs(found).into_iter().map(drawn).collect_view())
}

fn drawn(Run { text, style, found }: Run<'_>) -> AnyView {
    let (text, class) = (text.to_owned(), style.class());
    match found {
        None => view! { <span class=class>{text}</span> }.into_any(),
        Some(false) => view! { <mark class=class>{text}</mark> }.into_any(),
        Some(true) => {
            view! { <mark id=CURRENT class=format!("is-current {}", class.unwrap_or_default())>{text}</mark> }
                .into_any()
        }
    }
}

/// Where in the text the reader is: at its end, it is scrolled along.
#[derive(Debug, Clone, Copy)]
struct Place {
    pre: NodeRef<html::Pre>,
    top: StoredValue<i32>,
    at_end: StoredValue<bool>,
}

impl Place {
    fn keep_up(self) {
        if self.at_end.try_get_value() == Some(true)
            && let Some(pre) = self.pre.try_get_untracked().flatten()
        {
            pre.set_scroll_top(pre.scroll_height());
        }
    }

    /// By the reader, or by us: only who scrolls up leaves the end.
    fn scrolled(self) {
        let Some(pre) = self.pre.get_untracked() else { return };
        let (top, before) = (pre.scroll_top(), self.top.get_value());
        self.top.set_value(top);
        if pre.scroll_height() - pre.client_height() - top <= NEAR {
            self.at_end.set_value(true);
        } else if top < before {
            self.at_end.set_value(false);
        }
    }
}
