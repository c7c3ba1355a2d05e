//! The images that may be used: the administrators' list, and what the configuration says before it.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::image::{AllowedImage, ImageList};

use super::AdminHead;
use crate::{
    api::images::{AllowImage, DisallowImage, read_image_list},
    components::{
        field::TextField,
        icon::Icon,
        problem_note::ProblemNote,
        row_menu::{RowMenu, TakeAway},
        section::Section,
        skeleton::SectionsSkeleton,
        tab_title::TabTitle,
        time_ago::TimeAgo,
    },
    forms::{emptied_by, fault_of, refusal},
    layouts::chrome::TopBar,
    pages::problem::ProblemCard,
};

const FIELDS: &[&str] = &["pattern", "runtime"];

#[derive(Clone, Copy)]
struct ImageActions {
    allow: ServerAction<AllowImage>,
    disallow: ServerAction<DisallowImage>,
}

#[component]
pub(crate) fn ImagesPage() -> impl IntoView {
    let actions = ImageActions { allow: ServerAction::new(), disallow: ServerAction::new() };
    provide_context(actions);
    let list = Resource::new_blocking(
        move || (actions.allow.version().get(), actions.disallow.version().get()),
        |_| read_image_list(),
    );
    view! {
        <TabTitle title=t!("admin-images")/>
        <TopBar here=t!("admin-title")/>
        <div class="page">
            <AdminHead/>
            <Transition fallback=SectionsSkeleton>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(list) => view! { <Shown list=list/> }.into_any(),
                        Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn Shown(list: ImageList) -> impl IntoView {
    let actions: ImageActions = expect_context();
    let problem = refusal(actions.disallow);
    let ImageList { base, registries, items } = list;
    let registries = if registries.is_empty() { t!("admin-none") } else { registries.join(", ") };
    let rows = if items.is_empty() {
        view! { <p class="section-empty sub">{t!("admin-images-empty")}</p> }.into_any()
    } else {
        view! { <ImageTable items=items/> }.into_any()
    };
    view! {
        <Section id="images" title=t!("admin-images-list") about=t!("admin-images-about")>
            <dl class="facts section-facts">
                <div><dt>{t!("admin-images-registries")}</dt><dd class="mono">{registries}</dd></div>
                <div><dt>{t!("admin-images-base")}</dt><dd class="mono">{base}</dd></div>
            </dl>
            <div class="section-notes"><ProblemNote problem=problem/></div>
            {rows}
            <AllowForm/>
        </Section>
    }
}

#[component]
fn ImageTable(items: Vec<AllowedImage>) -> impl IntoView {
    let rows = items.into_iter().enumerate().map(|(at, image)| view! { <ImageRow at=at image=image/> });
    view! {
        <table class="people-table is-images">
            <thead>
                <tr>
                    <th scope="col">{t!("admin-images-pattern")}</th>
                    <th scope="col">{t!("admin-images-runtime")}</th>
                    <th scope="col">{t!("admin-images-added-by")}</th>
                    <th scope="col">{t!("admin-images-added")}</th>
                    <th scope="col"><span class="visually-hidden">{t!("profile-actions")}</span></th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}

#[component]
fn ImageRow(at: usize, image: AllowedImage) -> impl IntoView {
    let actions: ImageActions = expect_context();
    let pending = actions.disallow.pending();
    let AllowedImage { pattern, runtime, added_by, added_at } = image;
    let label = t!("admin-images-remove-of", pattern = pattern.as_str());
    let now = t!("admin-images-remove-now", pattern = pattern.as_str());
    view! {
        <tr>
            <th scope="row"><span class="mono">{pattern.clone()}</span></th>
            <td data-label=t!("admin-images-runtime") class="mono">{runtime.unwrap_or_else(|| "–".into())}</td>
            <td data-label=t!("admin-images-added-by")>{added_by}</td>
            <td data-label=t!("admin-images-added")><TimeAgo at=added_at/></td>
            <td class="is-actions">
                <RowMenu id=format!("disallow-{at}") label=label icon=Icon::Delete lost=t!("admin-images-lost")>
                    <ActionForm action=actions.disallow>
                        <input type="hidden" name="pattern" value=pattern/>
                        <TakeAway icon=Icon::Delete text=now pending=pending/>
                    </ActionForm>
                </RowMenu>
            </td>
        </tr>
    }
}

#[component]
fn AllowForm() -> impl IntoView {
    let actions: ImageActions = expect_context();
    let problem = refusal(actions.allow);
    let pending = actions.allow.pending();
    let form = emptied_by(actions.allow);
    view! {
        <ActionForm action=actions.allow attr:class="form" node_ref=form>
            <div class="section-body">
                <ProblemNote problem=problem besides=FIELDS/>
                <TextField
                    id="allow-image" name="pattern" label=t!("admin-images-new") value="" longest=255
                    placeholder="python:3.*" fault=fault_of(problem, "pattern")
                />
                <TextField
                    id="allow-runtime" name="runtime" label=t!("admin-images-runtime") value="" longest=64 optional=true
                    placeholder=t!("admin-images-runtime-empty") fault=fault_of(problem, "runtime")
                />
            </div>
            <footer class="section-foot">
                <p class="sub">{t!("admin-images-pattern-about")}" "{t!("admin-images-runtime-about")}</p>
                <button type="submit" class="button is-primary" disabled=pending aria-busy=move || pending.get().then_some("true")>
                    {t!("admin-images-add")}
                </button>
            </footer>
        </ActionForm>
    }
}
