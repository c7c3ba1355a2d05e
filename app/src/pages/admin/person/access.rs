//! How a user gets in: where they are signed in, their password, their role, and whether they are locked out.

use catalogue::t;
use domain::user::Role;
use leptos::{form::ActionForm, prelude::*};
use wire::admin::{Person, PersonDetail};

use super::PersonActions;
use crate::{
    components::{
        copy_field::CopyField,
        field::TextField,
        icon::{Glyph, Icon},
        menu::Menu,
        problem_note::ProblemNote,
        radio::Choice,
        section::Section,
    },
    forms::{fault_of, refusal},
    layouts::account::role,
};

/// The browsers and tokens that are open, and ending them.
#[component]
pub(super) fn AccessSection(detail: PersonDetail) -> impl IntoView {
    let actions: PersonActions = expect_context();
    let pending = actions.sign_out.pending();
    let problem = refusal(actions.sign_out);
    let PersonDetail { person, sessions, tokens, .. } = detail;
    let name = person.name;
    let end = move || {
        view! {
            <Menu
                id="sign-out-user"
                label=t!("admin-sessions-end-of", name = name.as_str())
                class="button"
                button=|| view! { <Glyph icon=Icon::SignOut/> {t!("admin-sessions-end")} }
            >
                <p class="menu-text">{t!("admin-sessions-lost", name = name.as_str())}</p>
                <ActionForm action=actions.sign_out>
                    <input type="hidden" name="name" value=name.clone()/>
                    <label class="check"><input type="checkbox" name="tokens" value="true"/> {t!("admin-sessions-tokens")}</label>
                    <button type="submit" class="button is-danger is-wide" disabled=pending>
                        <Glyph icon=Icon::SignOut/>
                        {t!("admin-sessions-end-now")}
                    </button>
                </ActionForm>
            </Menu>
        }
        .into_any()
    };
    let open = sessions > 0 || tokens > 0;
    let action = move || if open { end() } else { ().into_any() };
    view! {
        <Section
            id="access"
            title=t!("admin-access")
            about=t!("admin-access-open", sessions = sessions, tokens = tokens)
            action=ViewFnOnce::from(action)
        >
            <div class="section-notes"><ProblemNote problem=problem/></div>
        </Section>
    }
}

/// A new password, given or generated; a generated one is shown this once.
#[component]
pub(super) fn PasswordSection(
    name: String,
    /// What a form without script has left to be shown.
    left: Option<String>,
) -> impl IntoView {
    let actions: PersonActions = expect_context();
    let problem = refusal(actions.password);
    let fault = fault_of(problem, "password");
    let pending = actions.password.pending();
    let label = t!("admin-password-of", name = name.as_str());
    let given = move || actions.password.value().get().and_then(Result::ok);
    let secret = move |secret: String| view! { <CopyField id="given-password" label=label.clone() text=secret/> };
    view! {
        <Section id="reset" title=t!("admin-password-reset") about=t!("admin-password-about", name = name.as_str())>
            <ActionForm action=actions.password attr:class="form">
                <input type="hidden" name="name" value=name/>
                <div class="section-body">
                    <ProblemNote problem=problem besides=&["password"]/>
                    <div role="status">
                        {move || match given() {
                            Some(given) => match given.password {
                                Some(password) => secret(password).into_any(),
                                None => view! { <p>{t!("admin-password-set")}</p> }.into_any(),
                            },
                            None => left.clone().map(&secret).into_any(),
                        }}
                    </div>
                    <TextField
                        id="reset-password" name="password" label=t!("admin-password") value="" kind="password"
                        autocomplete="new-password" longest=1024 optional=true
                        placeholder=t!("admin-password-generated") fault=fault
                    />
                </div>
                <footer class="section-foot">
                    <p class="sub">{t!("admin-password-ends")}</p>
                    <button type="submit" class="button is-danger" disabled=pending aria-busy=move || pending.get().then_some("true")>
                        <Glyph icon=Icon::Key/>
                        {t!("admin-password-reset")}
                    </button>
                </footer>
            </ActionForm>
        </Section>
    }
}

#[component]
pub(super) fn RoleSection(person: Person) -> impl IntoView {
    let actions: PersonActions = expect_context();
    let pending = actions.role.pending();
    let has = move |role: Role| person.role == role;
    view! {
        <Section id="role" title=t!("admin-role")>
            <ActionForm action=actions.role attr:class="form">
                <input type="hidden" name="name" value=person.name/>
                <div class="section-body">
                    <div class="options is-two" role="radiogroup" aria-labelledby="role">
                        <Choice name="role" value="user" checked=has(Role::User) meaning=t!("admin-role-user-means")>{role(Role::User)}</Choice>
                        <Choice name="role" value="admin" checked=has(Role::Admin) meaning=t!("admin-role-admin-means")>{role(Role::Admin)}</Choice>
                    </div>
                </div>
                <footer class="section-foot">
                    <p class="sub">{t!("admin-role-about")}</p>
                    <button type="submit" class="button is-primary" disabled=pending>{t!("admin-role-save")}</button>
                </footer>
            </ActionForm>
        </Section>
    }
}

/// Locking a user out, which says what ends, and letting them in again.
#[component]
pub(super) fn LockAction(detail: PersonDetail) -> impl IntoView {
    let actions: PersonActions = expect_context();
    let pending = actions.lock.pending();
    let PersonDetail { person, sessions, tokens, .. } = detail;
    let name = person.name;
    if person.locked {
        let (icon, text, class) = if person.pending {
            (Icon::Check, t!("admin-approve"), "button is-primary")
        } else {
            (Icon::Unlock, t!("admin-unlock"), "button")
        };
        return view! {
            <ActionForm action=actions.lock>
                <input type="hidden" name="name" value=name/>
                <input type="hidden" name="locked" value="false"/>
                <button type="submit" class=class disabled=pending><Glyph icon=icon/> {text}</button>
            </ActionForm>
        }
        .into_any();
    }
    view! {
        <Menu
            id="lock"
            label=t!("admin-lock-of", name = name.as_str())
            class="button"
            button=|| view! { <Glyph icon=Icon::Lock/> {t!("admin-lock")} }
        >
            <p class="menu-text">{t!("admin-lock-lost", name = name.as_str(), sessions = sessions, tokens = tokens)}</p>
            <ActionForm action=actions.lock>
                <input type="hidden" name="name" value=name.clone()/>
                <input type="hidden" name="locked" value="true"/>
                <button type="submit" class="button is-danger is-wide" disabled=pending>
                    <Glyph icon=Icon::Lock/>
                    {t!("admin-lock-now", name = name.as_str())}
                </button>
            </ActionForm>
        </Menu>
    }
    .into_any()
}
