//! Letting in a program on another machine: its code is typed here, the person sees who asks, and approves or denies.

use catalogue::t;
use domain::user::Scope;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::{components::Form, hooks::use_query_map};
use wire::{
    device::PendingDevice,
    problem::{Code, Problem},
};

use crate::{
    api::{
        Refused,
        device::{ApproveDevice, DenyDevice, read_device},
        session::{Confirm, ConfirmMethods, read_confirm_methods},
    },
    components::{
        confirm_form::{self, ConfirmForm},
        field::TextField,
        icon::{Glyph, Icon},
        language_switch::LanguageSwitch,
        problem_note::ProblemNote,
        radio::Choice,
        rich::Rich,
        scope_choice::ScopeChoice,
        tab_title::TabTitle,
        time_ago::TimeAgo,
    },
    forms::{Answers, fault_of},
    layouts::plain::Plain,
    routes,
};

const FIELD: &str = "code";
const FIELDS: &[&str] = &[FIELD];
const EXAMPLE: &str = "WDJB-MJHT";
/// In days.
const LIFETIMES: [i64; 3] = [7, 30, 90];
const USUAL: i64 = 30;

type Pending = Resource<Result<Option<PendingDevice>, Refused>>;
type Methods = Resource<Result<ConfirmMethods, Refused>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Approved,
    Denied,
}

impl Decision {
    /// As the address says it that a form without script leads to.
    fn parse(text: &str) -> Option<Self> {
        match text {
            "approved" => Some(Self::Approved),
            "denied" => Some(Self::Denied),
            _ => None,
        }
    }
}

/// What can be done on this page, and what its forms show of that.
#[derive(Clone, Copy)]
struct DeviceActions {
    approve: ServerAction<ApproveDevice>,
    approving: Answers,
    deny: ServerAction<DenyDevice>,
    denying: Answers,
    confirm: ServerAction<Confirm>,
    confirming: Answers,
}

impl DeviceActions {
    fn new() -> Self {
        let approve = ServerAction::<ApproveDevice>::new();
        let deny = ServerAction::<DenyDevice>::new();
        let confirm = ServerAction::<Confirm>::new();
        let answers = Answers::of(approve, FIELD);
        // It is answered by asking for the password.
        let problem = Signal::derive(move || answers.problem.get().filter(|problem| problem.code != Code::SignInAgain));
        let approving = Answers { problem, ..answers };
        let (denying, confirming) = (Answers::of(deny, FIELD), confirm_form::answers(confirm));
        Self { approve, approving, deny, denying, confirm, confirming }
    }

    fn decision(self) -> Option<Decision> {
        match (self.approve.value().get(), self.deny.value().get()) {
            (Some(Ok(())), _) => Some(Decision::Approved),
            (_, Some(Ok(()))) => Some(Decision::Denied),
            _ => None,
        }
    }

    fn needs_confirming(self) -> bool {
        self.approve.value().get().and_then(Result::err).is_some_and(|refused| refused.needs_confirming())
    }
}

async fn read(code: String) -> Result<Option<PendingDevice>, Refused> {
    if code.is_empty() { Ok(None) } else { read_device(code).await.map(Some) }
}

#[component]
pub(crate) fn DevicePage() -> impl IntoView {
    let actions = DeviceActions::new();
    let query = use_query_map();
    let code = Memo::new(move |_| query.with(|query| query.get("code").unwrap_or_default()));
    let done = Memo::new(move |_| query.with(|query| query.get("done").as_deref().and_then(Decision::parse)));
    let decision = Memo::new(move |_| actions.decision().or(done.get()));
    let confirmed = Memo::new(move |_| matches!(actions.confirm.value().get(), Some(Ok(()))));
    let too_late = Memo::new(move |_| actions.needs_confirming());
    let pending = Resource::new_blocking(move || code.get(), read);
    let methods = Resource::new_blocking(move || (confirmed.get(), too_late.get()), |_| read_confirm_methods());
    view! {
        <TabTitle title=t!("device-title")/>
        <Plain>
            {move || match decision.get() {
                Some(decision) => view! { <Decided decision=decision/> }.into_any(),
                None => view! { <Asked code=code pending=pending methods=methods actions=actions/> }.into_any(),
            }}
            <LanguageSwitch/>
        </Plain>
    }
    .into_any()
}

#[component]
fn Asked(code: Memo<String>, pending: Pending, methods: Methods, actions: DeviceActions) -> impl IntoView {
    view! {
        <h1>{t!("device-title")}</h1>
        <Transition>
            {move || {
                let code = code.get();
                Suspend::new(async move {
                    match (pending.await, methods.await) {
                        (Ok(Some(pending)), methods) => {
                            view! { <Program pending=pending methods=methods.ok() actions=actions/> }.into_any()
                        }
                        (Ok(None), _) => view! { <CodeForm code=code problem=None/> }.into_any(),
                        (Err(refused), _) => view! { <CodeForm code=code problem=Some(refused.into())/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}

/// A plain form: it leads to the same page with the code in its address.
#[component]
fn CodeForm(code: String, problem: Option<Problem>) -> impl IntoView {
    let problem = Signal::stored(problem);
    view! {
        <p class="sub">{t!("device-about")}</p>
        <Form method="GET" action=routes::DEVICE attr:class="form">
            <ProblemNote problem=problem besides=FIELDS/>
            <TextField
                id="device-code" name=FIELD label=t!("device-code") value=code placeholder=EXAMPLE autofocus=true
                longest=32 fault=fault_of(problem, FIELD)
            />
            <button type="submit" class="button is-primary is-wide">{t!("device-continue")}</button>
        </Form>
    }
}

/// Who asks, and what can be answered. Where it cannot be found out whether the sign-in is fresh, approving says so.
#[component]
fn Program(pending: PendingDevice, methods: Option<ConfirmMethods>, actions: DeviceActions) -> impl IntoView {
    let PendingDevice { code, name, scopes, address, asked_at } = pending;
    let approve = match methods.filter(|methods| !methods.fresh) {
        Some(methods) => view! {
            <p class="sub">{t!("device-confirm")}</p>
            <ConfirmForm
                methods=methods next=routes::device(&code) confirm=actions.confirm answers=actions.confirming
            />
        }
        .into_any(),
        None => view! { <ApproveForm code=code.clone() scopes=scopes actions=actions/> }.into_any(),
    };
    view! {
        <p class="sub">{t!("device-asks")}</p>
        <dl class="facts">
            <div><dt>{t!("device-machine")}</dt><dd>{name}</dd></div>
            <div><dt>{t!("device-address")}</dt><dd>{address}</dd></div>
            <div><dt>{t!("device-asked")}</dt><dd><TimeAgo at=asked_at/></dd></div>
            <div><dt>{t!("device-code")}</dt><dd class="mono">{code.clone()}</dd></div>
        </dl>
        <div class="note tone-warning" role="note">
            <Glyph icon=Icon::Warning/>
            <div><p>{t!("device-warning")}</p></div>
        </div>
        {approve}
        <DenyForm code=code actions=actions/>
    }
}

#[component]
fn ApproveForm(
    code: String,
    /// What the program asks for.
    scopes: Vec<Scope>,
    actions: DeviceActions,
) -> impl IntoView {
    let Answers { problem, pending, .. } = actions.approving;
    let lifetime = |days: i64| {
        view! {
            <Choice name="days" value=days.to_string() checked=days == USUAL>{t!("profile-token-days", n = days)}</Choice>
        }
    };
    view! {
        <ActionForm action=actions.approve attr:class="form">
            <input type="hidden" name=FIELD value=code/>
            <ProblemNote problem=problem/>
            <ScopeChoice ticked=scopes/>
            <fieldset class="field">
                <legend>{t!("device-lifetime")}</legend>
                <div class="options">{LIFETIMES.map(lifetime).collect_view()}</div>
            </fieldset>
            <button
                type="submit"
                class="button is-primary is-wide"
                disabled=pending
                aria-busy=move || pending.get().then_some("true")
            >
                {move || if pending.get() { t!("device-approve-pending") } else { t!("device-approve") }}
            </button>
        </ActionForm>
    }
}

#[component]
fn DenyForm(code: String, actions: DeviceActions) -> impl IntoView {
    let Answers { problem, pending, .. } = actions.denying;
    view! {
        <ActionForm action=actions.deny attr:class="form">
            <input type="hidden" name=FIELD value=code/>
            <ProblemNote problem=problem/>
            <button type="submit" class="button is-wide" disabled=pending>{t!("device-deny")}</button>
        </ActionForm>
    }
}

#[component]
fn Decided(decision: Decision) -> impl IntoView {
    let (title, about) = match decision {
        Decision::Approved => (t!("device-approved"), t!("device-approved-about")),
        Decision::Denied => (t!("device-denied"), t!("device-denied-about")),
    };
    let mark = |_: String, text: String| view! { <a href=routes::PROFILE>{text}</a> }.into_any();
    let revoke = (decision == Decision::Approved)
        .then(|| view! { <p class="sub"><Rich text=t!("device-revoke") mark=mark/></p> });
    view! {
        <div role="status">
            <h1>{title}</h1>
            <p class="sub">{about}</p>
        </div>
        {revoke}
    }
}
