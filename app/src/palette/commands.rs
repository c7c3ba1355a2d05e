//! Everything the palette offers, from what the page knows, and which of it the person means. Pure.

use catalogue::{Language, t};
use domain::node::NodeState;
use wire::{app::App, vcluster::Vcluster};

use super::{
    fuzzy::{Fit, fit},
    keys::Shortcut,
};
use crate::{
    api::vclusters::Verb,
    available_actions::{AvailableAction, available_actions},
    components::{action_button, icon::Icon},
    contexts::theme::Theme,
    routes,
};

/// More would be a list to read.
const MOST: usize = 30;
/// A hit in the title counts more than one that needs the detail.
const IN_TITLE: i32 = 400;

/// What happens when a command is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Does {
    Go(String),
    /// In a tab of its own.
    Open(String),
    Act(String, Verb),
    QuickCreate,
    Theme(Theme),
    Language(Language),
    Sheet,
    SignOut,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) title: String,
    /// What it is about, in a word or two.
    pub(crate) detail: String,
    pub(crate) icon: Icon,
    pub(crate) keys: &'static [&'static str],
    pub(crate) does: Does,
}

/// What the commands are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) vclusters: &'a [Vcluster],
    pub(crate) apps: &'a [App],
    pub(crate) is_admin: bool,
}

/// All of them, the likeliest first.
pub(crate) fn commands(known: Known<'_>) -> Vec<Command> {
    let mut all =
        vec![at(t!("vclusters-new"), t!("palette-kind-action"), Icon::Plus, Shortcut::New, routes::NEW_VCLUSTER)];
    all.extend(known.vclusters.iter().map(page));
    all.extend(pages(known.is_admin));
    all.extend(known.vclusters.iter().flat_map(|vcluster| inside(vcluster, known.apps)));
    all.extend(known.vclusters.iter().flat_map(actions));
    all.extend(settings());
    all
}

fn at(title: String, detail: String, icon: Icon, shortcut: Shortcut, address: &str) -> Command {
    Command { title, detail, icon, keys: shortcut.keys(), does: Does::Go(address.into()) }
}

fn plain(title: String, detail: String, icon: Icon, does: Does) -> Command {
    Command { title, detail, icon, keys: &[], does }
}

fn page(vcluster: &Vcluster) -> Command {
    plain(vcluster.name.clone(), t!("palette-kind-vcluster"), Icon::Boxes, Does::Go(routes::vcluster(&vcluster.id)))
}

fn pages(is_admin: bool) -> Vec<Command> {
    let kind = || t!("palette-kind-page");
    let mut pages = vec![
        at(t!("chrome-vclusters"), kind(), Icon::Boxes, Shortcut::Home, routes::HOME),
        at(t!("chrome-jobs"), kind(), Icon::Jobs, Shortcut::Jobs, routes::JOBS),
        plain(t!("chrome-queue"), kind(), Icon::Layers, Does::Go(routes::QUEUE.into())),
        plain(t!("job-submit"), t!("palette-kind-action"), Icon::Plus, Does::Go(routes::NEW_JOB.into())),
        at(t!("chrome-terminals"), kind(), Icon::Terminal, Shortcut::Terminals, routes::TERMINALS),
        plain(t!("activity-of-all"), kind(), Icon::Activity, Does::Go(routes::ACTIVITY.into())),
        at(t!("palette-profile"), kind(), Icon::User, Shortcut::Profile, routes::PROFILE),
    ];
    if is_admin {
        pages.push(plain(t!("palette-users"), kind(), Icon::Shield, Does::Go(routes::ADMIN_USERS.into())));
        pages.push(plain(t!("palette-images"), kind(), Icon::Shield, Does::Go(routes::ADMIN_IMAGES.into())));
        pages.push(plain(t!("palette-health"), kind(), Icon::Shield, Does::Go(routes::ADMIN_HEALTH.into())));
        pages.push(plain(t!("palette-config"), kind(), Icon::Shield, Does::Go(routes::ADMIN_CONFIG.into())));
    }
    pages.push(at(t!("help-title"), kind(), Icon::Help, Shortcut::Help, routes::HELP));
    pages
}

/// What is inside of a vcluster: apps, terminals, its other pages.
fn inside(vcluster: &Vcluster, apps: &[App]) -> Vec<Command> {
    let name = vcluster.name.as_str();
    let mut inside = Vec::new();
    for app in apps.iter().filter(|app| app.vcluster == vcluster.id && app.enabled) {
        let title = t!("palette-app", app = app.title.as_str(), name = name);
        let detail = t!("palette-kind-app", node = app.node.as_str());
        inside.push(plain(title, detail, Icon::Open, Does::Open(app.url.clone())));
    }
    for node in vcluster.nodes.iter().filter(|node| node.state == NodeState::Running) {
        let title = t!("palette-terminal", node = node.name.as_str(), name = name);
        let does = Does::Go(routes::terminal_of_node(&vcluster.id, &node.name));
        inside.push(plain(title, t!("palette-kind-terminal"), Icon::Terminal, does));
    }
    let page =
        |title: String, icon: Icon, address: String| plain(title, t!("palette-kind-page"), icon, Does::Go(address));
    inside.push(page(t!("palette-apps", name = name), Icon::Apps, routes::apps(&vcluster.id)));
    inside.push(page(t!("palette-activity", name = name), Icon::Activity, routes::activity(&vcluster.id)));
    inside
}

/// What can be done to it now; only what would be offered on its page.
fn actions(vcluster: &Vcluster) -> Vec<Command> {
    let available = available_actions(vcluster);
    let all = available.first.into_iter().chain(available.more);
    let command = |action: AvailableAction| {
        let does = match (action, action.verb()) {
            (_, Some(verb)) => Does::Act(vcluster.id.clone(), verb),
            (AvailableAction::Delete, None) => Does::Go(routes::delete_vcluster(&vcluster.id)),
            _ => return None,
        };
        Some(plain(
            action_button::spoken(action, vcluster),
            t!("palette-kind-action"),
            action_button::icon(action),
            does,
        ))
    };
    all.filter_map(command).collect()
}

fn settings() -> Vec<Command> {
    let theme = |theme: Theme| {
        let title = t!("palette-theme", theme = theme.label());
        plain(title, t!("palette-kind-appearance"), Icon::Theme, Does::Theme(theme))
    };
    let language = |language: Language| {
        let title = t!("palette-language", language = language.name());
        plain(title, t!("palette-kind-language"), Icon::Language, Does::Language(language))
    };
    let mut settings: Vec<Command> = Theme::ALL.into_iter().map(theme).collect();
    settings.extend(Language::ALL.into_iter().map(language));
    settings.push(plain(t!("palette-at-once"), t!("palette-kind-action"), Icon::Quick, Does::QuickCreate));
    settings.push(Command {
        keys: Shortcut::Sheet.keys(),
        ..plain(t!("palette-shortcuts"), t!("palette-kind-help"), Icon::Keyboard, Does::Sheet)
    });
    settings.push(plain(t!("palette-docs"), t!("palette-new-tab"), Icon::Open, Does::Open(routes::DOCS.into())));
    settings.push(plain(t!("chrome-sign-out"), t!("palette-kind-session"), Icon::SignOut, Does::SignOut));
    settings
}

/// A command the person may mean, with the letters of its title that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) command: Command,
    pub(crate) letters: Vec<usize>,
}

/// The best ones first; in their own order where nothing was typed.
pub(crate) fn find(query: &str, commands: Vec<Command>) -> Vec<Found> {
    let mut found: Vec<(i32, Found)> = commands
        .into_iter()
        .filter_map(|command| {
            let Fit { score, letters } = fit_of(query, &command)?;
            Some((score, Found { command, letters }))
        })
        .collect();
    if !query.trim().is_empty() {
        // Stable: of equals the likelier one stays first.
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    }
    found.into_iter().take(MOST).map(|(_, found)| found).collect()
}

fn fit_of(query: &str, command: &Command) -> Option<Fit> {
    if let Some(fit) = fit(query, &command.title) {
        return Some(Fit { score: fit.score + IN_TITLE, ..fit });
    }
    let whole = fit(query, &format!("{} {}", command.title, command.detail))?;
    let length = command.title.chars().count();
    Some(Fit { letters: whole.letters.into_iter().filter(|letter| *letter < length).collect(), ..whole })
}

#[cfg(test)]
mod tests {
    use domain::vcluster::VclusterState;

    use super::*;
    use crate::wording::samples::vcluster;

    fn all(is_admin: bool) -> Vec<Command> {
        let vclusters = [vcluster("1", VclusterState::Running), vcluster("2", VclusterState::Stopped)];
        commands(Known { vclusters: &vclusters, apps: &[], is_admin })
    }

    fn first(query: &str) -> Option<Does> {
        find(query, all(false)).into_iter().next().map(|found| found.command.does)
    }

    #[test]
    fn a_few_letters_are_enough() {
        assert_eq!(first("lab-1"), Some(Does::Go(routes::vcluster("1"))));
        assert_eq!(first("stop"), Some(Does::Act("1".into(), Verb::Stop)));
        assert_eq!(first("start lab-2"), Some(Does::Act("2".into(), Verb::Start)));
        assert_eq!(first("tn1"), Some(Does::Go(routes::terminal_of_node("1", "node-1"))));
        assert_eq!(first("dark"), Some(Does::Theme(Theme::Dark)));
        assert_eq!(first("xyzzy"), None);
    }

    #[test]
    fn what_cannot_be_done_now_is_not_offered() {
        let does: Vec<Does> = all(false).into_iter().map(|command| command.does).collect();
        assert!(!does.contains(&Does::Act("2".into(), Verb::Stop)), "it is stopped");
        assert!(!does.contains(&Does::Go(routes::terminal_of_node("2", "node-0"))), "it does not run");
        assert!(!does.contains(&Does::Go(routes::ADMIN_USERS.into())), "not an administrator");
        assert!(all(true).iter().any(|command| command.does == Does::Go(routes::ADMIN_USERS.into())));
    }

    #[test]
    fn nothing_typed_shows_the_likeliest_in_order() {
        let found = find("", all(false));
        assert_eq!(found[0].command.title, "New vcluster");
        assert_eq!(found[1].command.title, "lab-1");
        assert!(found.len() <= MOST && found.iter().all(|found| found.letters.is_empty()));
    }

    #[test]
    fn the_detail_helps_to_find_but_only_the_title_is_marked() {
        let found = find("dark appear", all(false));
        assert_eq!(found[0].command.title, "Theme: Dark");
        assert_eq!(found[0].letters, [7, 8, 9, 10]);
    }
}
