//! The configuration that holds, section by section, with where each value was written. What was changed stands out.

use catalogue::t;
use leptos::prelude::*;
use wire::admin::Setting;

use super::AdminHead;
use crate::{
    api::installation::read_settings,
    components::{rich::Foreign, skeleton::SectionsSkeleton, state_mark::Tag, tab_title::TabTitle},
    layouts::chrome::TopBar,
    pages::problem::ProblemCard,
    wording::{problem::of_server, vcluster::Tone},
};

#[component]
pub(crate) fn ConfigPage() -> impl IntoView {
    let settings = Resource::new_blocking(|| (), |()| read_settings());
    view! {
        <TabTitle title=t!("admin-config")/>
        <TopBar here=t!("admin-title")/>
        <div class="page">
            <AdminHead/>
            <p class="sub section-intro">{t!("admin-config-about")}</p>
            <Suspense fallback=SectionsSkeleton>
                {move || Suspend::new(async move {
                    match settings.await {
                        Ok(settings) => sections(settings).into_iter().map(|section| view! { <SectionTable settings=section/> }).collect_view().into_any(),
                        Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                    }
                })}
            </Suspense>
        </div>
    }
    .into_any()
}

/// The same settings, those of one section together; they come in that order.
fn sections(settings: Vec<Setting>) -> Vec<Vec<Setting>> {
    let mut sections: Vec<Vec<Setting>> = Vec::new();
    for setting in settings {
        match sections.last_mut().filter(|last| last.first().is_some_and(|first| first.section == setting.section)) {
            Some(last) => last.push(setting),
            None => sections.push(vec![setting]),
        }
    }
    sections
}

#[component]
fn SectionTable(settings: Vec<Setting>) -> impl IntoView {
    let name = settings.first().map(|first| first.section.clone()).unwrap_or_default();
    view! {
        <section class="card section">
            <header class="section-head"><h2 class="mono">{format!("[{name}]")}</h2></header>
            <table class="people-table is-config">
                <thead class="visually-hidden">
                    <tr>
                        <th scope="col">{t!("admin-setting")}</th>
                        <th scope="col">{t!("admin-value")}</th>
                        <th scope="col">{t!("admin-source")}</th>
                    </tr>
                </thead>
                <tbody>{settings.into_iter().map(|setting| view! { <SettingRow setting=setting/> }).collect_view()}</tbody>
            </table>
        </section>
    }
}

#[component]
fn SettingRow(setting: Setting) -> impl IntoView {
    let value = match setting.value.as_str() {
        "" => view! { <span class="sub">{t!("admin-none")}</span> }.into_any(),
        "(set)" => view! { <span class="sub">{t!("admin-secret")}</span> }.into_any(),
        _ => view! { <span class="mono">{setting.value}</span> }.into_any(),
    };
    let source = if setting.changed {
        view! { <Tag tone=Tone::Busy text=setting.source/> }.into_any()
    } else {
        view! { <span class="sub">{t!("admin-default")}</span> }.into_any()
    };
    view! {
        <tr>
            <th scope="row"><span class="mono">{setting.key}</span><small><Foreign said=of_server(setting.about)/></small></th>
            <td data-label=t!("admin-value")>{value}</td>
            <td data-label=t!("admin-source")>{source}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_section_by_section() {
        let setting = |section: &str, key: &str| Setting {
            section: section.into(),
            key: key.into(),
            value: String::new(),
            source: "default".into(),
            changed: false,
            about: String::new(),
        };
        let sections =
            sections(vec![setting("server", "listen"), setting("server", "data_dir"), setting("log", "level")]);
        assert_eq!(sections.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    }
}
