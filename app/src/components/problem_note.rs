//! A refusal, shown where it was caused.

use catalogue::t;
use leptos::prelude::*;
use wire::problem::{Code, Problem};

use super::{
    icon::{Glyph, Icon},
    rich::Foreign,
};
use crate::wording::problem::{detail, of_server};

/// What went wrong and, field by field, why; nothing where all of it is said beside the fields.
#[component]
pub(crate) fn ProblemNote(
    #[prop(into)] problem: Signal<Option<Problem>>,
    /// Fields whose faults are shown beside them already.
    #[prop(optional)]
    besides: &'static [&'static str],
    /// Takes the note away.
    #[prop(optional, into)]
    dismiss: Option<Callback<()>>,
) -> impl IntoView {
    let faults = move |problem: &Problem| {
        let rest = problem.violations.iter().filter(|fault| !besides.contains(&fault.field.as_str()));
        rest.map(|fault| view! { <li><Foreign said=of_server(fault.to_string())/></li> }).collect_view()
    };
    let all_beside = move |problem: &Problem| {
        let beside = |fault: &domain::Violation| besides.contains(&fault.field.as_str());
        problem.code == Code::Invalid && !problem.violations.is_empty() && problem.violations.iter().all(beside)
    };
    let note = move || {
        problem.get().filter(|problem| !all_beside(problem)).map(|problem| {
            view! {
                <div class="note tone-bad">
                    <Glyph icon=Icon::Warning/>
                    <div>
                        <p><Foreign said=detail(&problem)/></p>
                        <ul>{faults(&problem)}</ul>
                    </div>
                    {dismiss.map(|dismiss| view! {
                        <button
                            type="button"
                            class="button is-ghost is-small is-square"
                            aria-label=t!("common-dismiss")
                            on:click=move |_| dismiss.run(())
                        >
                            <Glyph icon=Icon::Close/>
                        </button>
                    })}
                </div>
            }
        })
    };
    // The region stands there before the message does: only then it is read out.
    view! { <div class="notes" role="alert">{note}</div> }
}
