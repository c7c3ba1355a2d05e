//! What a token is to be good for, as boxes to tick. They are fields of the form around them.

use catalogue::t;
use domain::user::{Role, Scope};
use leptos::prelude::*;

use crate::layouts::signed_in::Me;

/// What it is called, and what it allows.
fn words(scope: Scope) -> (String, String) {
    match scope {
        Scope::Read => (t!("scope-read"), t!("scope-read-about")),
        Scope::Vclusters => (t!("scope-vclusters"), t!("scope-vclusters-about")),
        Scope::Ssh => (t!("scope-ssh"), t!("scope-ssh-about")),
        Scope::Admin => (t!("scope-admin"), t!("scope-admin-about")),
    }
}

/// Nobody but administrators is offered what they can do. `read` stays ticked, and is not sent: every token has it.
#[component]
pub(crate) fn ScopeChoice(
    /// At first.
    ticked: Vec<Scope>,
) -> impl IntoView {
    let role = expect_context::<Me>().role;
    let offered = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::Admin || role == Role::Admin);
    let choice = |scope: Scope| {
        let (name, about) = words(scope);
        let always = scope == Scope::Read;
        // Anybody may ask for `admin`: it is given by hand.
        let at_first = always || (scope != Scope::Admin && ticked.contains(&scope));
        view! {
            <label class="check">
                <input type="checkbox" name=scope.as_str() value="true" checked=at_first disabled=always/>
                <span>{name} " " <code>{scope.as_str()}</code> <small>{about}</small></span>
            </label>
        }
    };
    view! {
        <fieldset class="field">
            <legend>{t!("scope-legend")}</legend>
            {offered.map(choice).collect_view()}
        </fieldset>
    }
}
