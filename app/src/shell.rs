//! The HTML document around the console, and whole pages for errors that happen outside of it. Server only.

use std::collections::BTreeSet;

use catalogue::{Language, language, t};
use leptos::{WasmSplitManifest, nonce::use_nonce, prelude::*};
use leptos_meta::{HashedStylesheet, MetaTags};
use wire::problem::Problem;

use crate::{
    App,
    components::icon::SPRITE,
    contexts::theme::Theme,
    layouts::plain::Plain,
    pages::problem::ProblemText,
    request_context,
    routes::{self, Area},
    wording::problem::title,
};

/// Used by the first line of every page: asked for at once, so that text does not change its face.
const FONT: &str = "/vendor/fonts/inter-latin-wght-normal.woff2";

/// What to do when the console's script cannot be fetched.
const LOAD_AGAIN: &str = include_str!("shell/load-again.js");

/// The document of one page. The nonce comes from the request's context.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = request_context::theme();
    let zone = request_context::zone();
    view! {
        <!DOCTYPE html>
        <html lang=language().tag() data-theme=theme.as_str() data-zone=zone.name().to_owned()>
            <head>
                <CommonHead/>
                // Before ours, which adapts it.
                <link rel="stylesheet" href=terminal::STYLE_SHEET/>
                <HashedStylesheet id="style" options=options.clone()/>
                // Before any module is asked for.
                <script type="importmap" nonce=use_nonce() inner_html=terminal::IMPORT_MAP></script>
                <link rel="modulepreload" href=terminal::LOADER/>
                {modules_of(&request_context::path()).iter().map(|module| view! { <link rel="modulepreload" href=*module/> }).collect_view()}
                <script nonce=use_nonce() inner_html=LOAD_AGAIN></script>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                // Behind it, which knows the files.
                <AreaFiles/>
                <MetaTags/>
            </head>
            <body>
                <App/>
                // Behind the part that the browser takes over.
                <div hidden inner_html=SPRITE></div>
            </body>
        </html>
    }
}

/// What a page with terminals needs as soon as its script runs; other pages do without.
fn modules_of(path: &str) -> &'static [&'static str] {
    if routes::vcluster_of(path).is_some() { &terminal::MODULES } else { &[] }
}

/// The page's own code, asked for together with what all pages need, and not when that has been read. And what may be wanted
/// next: links without a meaning, until the page answers to clicks and has time for it (see [`crate::mark_hydrated`]).
#[component]
fn AreaFiles() -> impl IntoView {
    let own = Area::of(&request_context::path());
    let next = routes::AHEAD.into_iter().filter(|area| Some(*area) != own);
    let own = files_of(own).into_iter().map(|file| {
        view! { <link rel="preload" href=file r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/> }
    });
    let next = files_of(next).into_iter().map(|file| {
        view! { <link class=crate::AHEAD href=file r#as="fetch" crossorigin="anonymous"/> }
    });
    view! { {own.collect_view()} {next.collect_view()} }
}

/// Where the browser finds the code of these areas.
fn files_of(areas: impl IntoIterator<Item = Area>) -> BTreeSet<String> {
    // A console that was built in one piece has none.
    let Some(manifest) = use_context::<WasmSplitManifest>() else { return BTreeSet::new() };
    let manifest = manifest.0.read_value();
    let (folder, files, _) = &*manifest;
    let files = areas.into_iter().filter_map(|area| files.get(area.file())).flatten();
    files.map(|file| format!("{folder}/{file}.wasm")).collect()
}

#[component]
fn CommonHead() -> impl IntoView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content"/>
        <meta name="description" content=t!("chrome-description")/>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
        <link rel="preload" href=FONT r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
    }
}

/// A whole page about a problem that was met outside the console: no script, nothing to hydrate. `theme` is the value of
/// the theme cookie, if there is one.
pub fn problem_page(options: &LeptosOptions, theme: Option<&str>, language: Language, problem: &Problem) -> String {
    let frame = Frame { options, theme, language, request: None };
    let problem = problem.clone();
    frame.page(None, || {
        let title = title(&problem);
        let body = view! {
            <ProblemText problem=problem/>
            <p class="plain-actions"><a class="button" href=routes::HOME>{t!("problem-home")}</a></p>
        };
        (title, body.into_any())
    })
}

/// How a whole page outside the console looks, and for which reader.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    pub options: &'a LeptosOptions,
    /// The value of the theme cookie, if there is one.
    pub theme: Option<&'a str>,
    pub language: Language,
    /// The request's id, to be found in the log.
    pub request: Option<&'a str>,
}

impl Frame<'_> {
    /// A card with what `inside` makes: a title and what stands below the brand. No script, nothing to hydrate. `onward`: where
    /// a browser goes on to by itself.
    pub(crate) fn page(&self, onward: Option<&str>, inside: impl FnOnce() -> (String, AnyView)) -> String {
        let (language, theme) = (self.language, Theme::parse(self.theme.unwrap_or_default()));
        let style = format!("/{}/{}.css", self.options.site_pkg_dir, self.options.output_name);
        let onward = onward.map(|address| format!("0; url={address}"));
        let page = move || {
            provide_context(language);
            let (title, body) = inside();
            view! {
                <!DOCTYPE html>
                <html lang=language.tag() data-theme=theme.as_str()>
                    <head>
                        <CommonHead/>
                        {onward.map(|content| view! { <meta http-equiv="refresh" content=content/> })}
                        <link rel="stylesheet" href=style/>
                        <title>{t!("common-page-title", page = title)}</title>
                    </head>
                    <body>
                        <Plain>{body}</Plain>
                    </body>
                </html>
            }
            .to_html()
        };
        Owner::new().with(page)
    }
}
