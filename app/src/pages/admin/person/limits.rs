//! What a user holds of what they may, and limits of their own in place of the usual ones. Which numbers are good limits is
//! the server's to say.

use catalogue::t;
#[cfg(any(test, feature = "ssr"))]
use domain::Violation;
use leptos::{form::ActionForm, prelude::*};
use serde::{Deserialize, Serialize};
use wire::{
    admin::{OwnLimits, PersonDetail},
    problem::Problem,
    session::Amount,
};

use super::PersonActions;
use crate::{
    components::{
        field::{Fault, TextField},
        icon::{Glyph, Icon},
        meter::Meter,
        problem_note::ProblemNote,
        section::Section,
    },
    forms::{fault_of, refusal},
    wording::amount::{memory, number},
};

const FIELDS: &[&str] = &["group", "limits.vclusters", "limits.nodes", "limits.cpus", "limits.memory_mib"];

#[component]
pub(super) fn LimitsSection(detail: PersonDetail) -> impl IntoView {
    let (used, limit) = (detail.person.usage, detail.person.limits);
    let level = move |of: fn(Amount) -> f64| (of(used), of(limit));
    let texts = move |of: fn(Amount) -> String| (of(used), of(limit));
    view! {
        <dl class="meters" aria-label=t!("admin-holds")>
            <Meter label=t!("chrome-vclusters") level=level(|it| it.vclusters.into()) texts=texts(|it| it.vclusters.to_string())/>
            <Meter label=t!("admin-nodes") level=level(|it| it.nodes.into()) texts=texts(|it| it.nodes.to_string())/>
            <Meter label=t!("admin-cpus") level=level(|it| it.cpus) texts=texts(|it| number(it.cpus))/>
            <Meter label=t!("admin-memory") level=level(|it| it.memory_mib as f64) texts=texts(|it| memory(it.memory_mib))/>
        </dl>
        <Section id="limits" title=t!("admin-limits") about=t!("admin-limits-about")>
            <Form detail=detail/>
        </Section>
    }
}

#[component]
fn Form(detail: PersonDetail) -> impl IntoView {
    let actions: PersonActions = expect_context();
    let problem = refusal(actions.limits);
    let saved = move || actions.limits.value().get().is_some_and(|answer| answer.is_ok());
    let pending = actions.limits.pending();
    let PersonDetail { person, usual_limits: usual, groups, .. } = detail;
    let form = LimitsForm::of(person.own_limits);
    view! {
        <ActionForm action=actions.limits attr:class="form">
            <input type="hidden" name="name" value=person.name/>
            <div class="section-body">
                <ProblemNote problem=problem besides=FIELDS/>
                {(!groups.is_empty()).then(|| view! { <GroupField groups=groups group=person.group problem=problem/> })}
                <div class="options is-four">
                    <LimitField id="limit-vclusters" name="limits[vclusters]" field="limits.vclusters" problem=problem
                        label=t!("chrome-vclusters") value=form.vclusters usual=usual.vclusters.to_string()/>
                    <LimitField id="limit-nodes" name="limits[nodes]" field="limits.nodes" problem=problem
                        label=t!("admin-nodes") value=form.nodes usual=usual.nodes.to_string()/>
                    <LimitField id="limit-cpus" name="limits[cpus]" field="limits.cpus" problem=problem
                        label=t!("admin-cpus") value=form.cpus usual=number(usual.cpus)/>
                    <LimitField id="limit-memory" name="limits[memory_mib]" field="limits.memory_mib" problem=problem
                        label=t!("admin-memory-mib") value=form.memory_mib usual=usual.memory_mib.to_string()/>
                </div>
            </div>
            <footer class="section-foot">
                <p class="sub" role="status">
                    {move || if saved() {
                        view! { <Glyph icon=Icon::Check/> {t!("admin-limits-saved")} }.into_any()
                    } else {
                        t!("admin-limits-empty").into_any()
                    }}
                </p>
                <button type="submit" class="button is-primary" disabled=pending aria-busy=move || pending.get().then_some("true")>
                    {t!("admin-limits-save")}
                </button>
            </footer>
        </ActionForm>
    }
}

/// Which group's limits are the usual ones for a user.
#[component]
fn GroupField(groups: Vec<String>, group: Option<String>, problem: Signal<Option<Problem>>) -> impl IntoView {
    let fault = fault_of(problem, "group");
    let chosen = move |name: &str| group.as_deref() == Some(name);
    let options = groups.into_iter().map(|name| {
        view! { <option value=name.clone() selected=chosen(&name)>{name.clone()}</option> }
    });
    view! {
        <div class="field">
            <label for="group">{t!("admin-group")}</label>
            <select id="group" name="group" class="input" aria-describedby="group-about">
                <option value="">{t!("admin-group-none")}</option>
                {options.collect_view()}
            </select>
            <p id="group-about" class="sub">{t!("admin-group-about")}</p>
            <Fault name="group" fault=fault/>
        </div>
    }
}

#[component]
fn LimitField(
    id: &'static str,
    name: &'static str,
    /// As the server's faults call it.
    field: &'static str,
    problem: Signal<Option<Problem>>,
    label: String,
    value: String,
    usual: String,
) -> impl IntoView {
    let fault = fault_of(problem, field);
    view! {
        <TextField
            id=id name=name label=label value=value inputmode="decimal" optional=true longest=15 placeholder=usual
            fault=fault
        />
    }
}

/// Limits of one user as the form writes them: texts, empty where the user has no limit of their own. Pure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsForm {
    pub vclusters: String,
    pub nodes: String,
    pub cpus: String,
    pub memory_mib: String,
}

impl LimitsForm {
    /// What the form is filled in with.
    pub(crate) fn of(limits: OwnLimits) -> Self {
        let text = |limit: Option<i64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
        Self {
            vclusters: text(limits.vclusters),
            nodes: text(limits.nodes),
            cpus: limits.cpus.map(|cpus| cpus.to_string()).unwrap_or_default(),
            memory_mib: text(limits.memory_mib),
        }
    }

    /// The numbers, or every field that is none.
    #[cfg(any(test, feature = "ssr"))]
    pub(crate) fn parse(&self) -> Result<OwnLimits, Vec<Violation>> {
        let mut faults = Vec::new();
        let limits = OwnLimits {
            vclusters: parsed("limits.vclusters", &self.vclusters, &mut faults),
            nodes: parsed("limits.nodes", &self.nodes, &mut faults),
            cpus: parsed("limits.cpus", &self.cpus.replace(',', "."), &mut faults),
            memory_mib: parsed("limits.memory_mib", &self.memory_mib, &mut faults),
        };
        if faults.is_empty() { Ok(limits) } else { Err(faults) }
    }
}

#[cfg(any(test, feature = "ssr"))]
fn parsed<T: std::str::FromStr>(field: &str, text: &str, faults: &mut Vec<Violation>) -> Option<T> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    text.parse().map_err(|_| faults.push(Violation::new(field, "must be a number, or empty"))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_as_for_everybody() {
        let form = LimitsForm { nodes: " 4 ".into(), cpus: "0,5".into(), ..LimitsForm::default() };
        let limits = form.parse().expect("good numbers");
        assert_eq!(limits, OwnLimits { nodes: Some(4), cpus: Some(0.5), ..OwnLimits::default() });
        assert_eq!(
            LimitsForm::of(limits),
            LimitsForm { nodes: "4".into(), cpus: "0.5".into(), ..LimitsForm::default() }
        );
    }

    #[test]
    fn every_field_that_is_no_number_is_named() {
        let form = LimitsForm { vclusters: "many".into(), memory_mib: "1.5".into(), ..LimitsForm::default() };
        let fields: Vec<String> = form.parse().expect_err("no numbers").into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["limits.vclusters", "limits.memory_mib"]);
    }
}
