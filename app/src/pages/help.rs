//! The first minutes on one page, and the ways to everything else.

use catalogue::t;
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Glyph, Icon},
        rich::Rich,
        shortcut_sheet::ShortcutTable,
        tab_title::TabTitle,
    },
    contexts::live::use_live,
    layouts::chrome::TopBar,
    routes,
    wording::amount::{memory, number},
};

/// Something to try at once.
const TRY: &str = "python3 -m http.server 8080";
const SSH: &str = "ssh node-1 hostname";
const MPI: &str = "mpirun --host node-0,node-1 hostname";

#[component]
pub(crate) fn HelpPage() -> impl IntoView {
    view! {
        <TabTitle title=t!("help-title")/>
        <TopBar here=t!("help-title")/>
        <div class="page help">
            <header class="page-head">
                <div>
                    <h1>{t!("help-title")}</h1>
                    <p class="sub">
                        <Rich text=t!("help-subtitle") mark=|_, text| {
                            view! { <a href=routes::DOCS target="_blank" rel="noopener external">{text}</a> }.into_any()
                        }/>
                    </p>
                </div>
            </header>
            <div class="help-columns">
                <FirstSteps/>
                <TerminalKeys/>
                <Apps/>
                <Nodes/>
                <Limits/>
                <section class="card help-card"><h2>{t!("palette-shortcuts")}</h2> <ShortcutTable/></section>
            </div>
            <More/>
        </div>
    }
    .into_any()
}

#[component]
fn Sentence(text: String) -> impl IntoView {
    let mark = |name: String, text: String| match name.as_str() {
        "code" => view! { <code>{text}</code> }.into_any(),
        _ => view! { <b>{text}</b> }.into_any(),
    };
    view! { <Rich text=text mark=mark/> }
}

#[component]
fn FirstSteps() -> impl IntoView {
    let steps = [t!("help-first-1"), t!("help-first-2"), t!("help-first-3"), t!("help-first-4")];
    view! {
        <section class="card help-card">
            <h2>{t!("help-first")}</h2>
            <ol class="help-steps">
                {steps.map(|step| view! { <li><p><Sentence text=step/></p></li> })}
            </ol>
        </section>
    }
}

#[component]
fn TerminalKeys() -> impl IntoView {
    let keys = [
        ("Ctrl+Shift+C", t!("help-terminal-copy")),
        ("Ctrl+Shift+V", t!("help-terminal-paste")),
        ("Ctrl+Shift+F", t!("help-terminal-search")),
        ("Ctrl+Shift+↑", t!("help-terminal-leave")),
    ];
    let line = |(keys, meaning): (&'static str, String)| {
        let keys = keys.split('+').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
        view! { <div><dt>{meaning}</dt><dd>{keys}</dd></div> }
    };
    view! {
        <section class="card help-card">
            <h2>{t!("help-terminal")}</h2>
            <div class="shortcuts"><dl>{keys.map(line)}</dl></div>
            <p class="sub">{t!("help-terminal-text")}</p>
        </section>
    }
}

#[component]
fn Apps() -> impl IntoView {
    view! {
        <section class="card help-card">
            <h2>{t!("help-apps")}</h2>
            <p><Sentence text=t!("help-apps-text")/></p>
            <p class="sub">{t!("help-apps-example")}</p>
            <pre class="mono">{TRY}</pre>
        </section>
    }
}

#[component]
fn Nodes() -> impl IntoView {
    view! {
        <section class="card help-card">
            <h2>{t!("help-ssh")}</h2>
            <p><Sentence text=t!("help-ssh-text")/></p>
            <pre class="mono">{SSH} "\n" {MPI}</pre>
            <h2>{t!("help-files")}</h2>
            <p><Sentence text=t!("help-files-text")/></p>
        </section>
    }
}

/// The person's own numbers, not the installation's.
#[component]
fn Limits() -> impl IntoView {
    let live = use_live();
    view! {
        <section class="card help-card">
            <h2>{t!("help-limits")}</h2>
            <dl class="facts">
                <div><dt>{t!("vclusters-limit-vclusters")}</dt><dd>{move || live.limits().vclusters.to_string()}</dd></div>
                <div><dt>{t!("vclusters-limit-nodes")}</dt><dd>{move || live.limits().nodes.to_string()}</dd></div>
                <div><dt>{t!("vclusters-limit-cpus")}</dt><dd>{move || number(live.limits().cpus)}</dd></div>
                <div><dt>{t!("vclusters-limit-memory")}</dt><dd>{move || memory(live.limits().memory_mib)}</dd></div>
            </dl>
            <p class="sub">{t!("help-limits-text")}</p>
        </section>
    }
}

#[component]
fn More() -> impl IntoView {
    let link = |address: &'static str, icon: Icon, title: String, text: String| {
        view! {
            <a class="card help-link" href=address target="_blank" rel="noopener external">
                <Glyph icon=icon/>
                <span><b>{title}</b><small>{text}</small></span>
                <Glyph icon=Icon::Open/>
            </a>
        }
    };
    view! {
        <section class="help-more" aria-label=t!("help-more")>
            {link(routes::DOCS, Icon::Layers, t!("help-more-docs"), t!("help-more-docs-text"))}
            {link(routes::REST, Icon::Terminal, t!("help-more-rest"), t!("help-more-rest-text"))}
        </section>
    }
}
