//! People with an account. A password is never on the command line: it is asked for, read, or made by the server.

use reqwest::Method;
use wire::admin::{AddUser, ChangeUser, GivenPassword, OwnLimits, Person, PersonDetail, ResetPassword};

use crate::{
    args::{NewPassword, UserChange, UsersCommand, either},
    client::Client,
    commands::{
        ask,
        lists::{amounts, shown},
        named::{in_path, pages},
    },
    failure::Failure,
    output::{Output, Table},
};

const PERSON: [&str; 9] = ["name", "role", "state", "group", "vclusters", "nodes", "cpus", "memory", "last sign-in"];
const DETAIL: [&str; 12] = [
    "name",
    "role",
    "state",
    "group",
    "vclusters",
    "nodes",
    "cpus",
    "memory",
    "last sign-in",
    "sessions",
    "tokens",
    "identities",
];

pub(super) async fn run(client: &Client, command: UsersCommand, output: &Output) -> Result<(), Failure> {
    match command {
        UsersCommand::Ls { search } => {
            let search = in_path(&search.unwrap_or_default());
            let people: Vec<Person> = pages(client, &format!("/admin/users?search={search}&"), usize::MAX).await?;
            output.show(&people, &Table::new(&PERSON, people.iter().map(row)))
        }
        UsersCommand::Show { name } => {
            let detail: PersonDetail = client.get(&path(&name)).await?;
            let mut row = row(&detail.person);
            let identities: Vec<_> = detail.identities.iter().map(|one| one.shown.as_str()).collect();
            row.extend([detail.sessions.to_string(), detail.tokens.to_string(), identities.join(", ")]);
            output.show(&detail, &Table::new(&DETAIL, [row]))
        }
        UsersCommand::Add { name, role, password } => {
            let password = chosen(password, &name).await?;
            given(client.post("/admin/users", &AddUser { name, role, password }).await?, output)
        }
        UsersCommand::Change { name, change } => {
            let limits = limits(client, &name, &change).await?;
            let locked = either(change.lock, change.unlock);
            let change = ChangeUser { role: change.role, locked, group: change.group, limits };
            let person: Person = client.patch(&path(&name), &change).await?;
            output.show(&person, &Table::new(&PERSON, [row(&person)]))
        }
        UsersCommand::Password { name, password } => {
            let password = chosen(password, &name).await?;
            given(client.post(&format!("{}/password", path(&name)), &ResetPassword { password }).await?, output)
        }
        UsersCommand::SignOut { name, tokens } => {
            client.send(Method::DELETE, &format!("{}/sessions?tokens={tokens}", path(&name))).await?;
            output.say(&format!("{name} is signed out."));
            Ok(())
        }
    }
}

fn path(name: &str) -> String {
    format!("/admin/users/{}", in_path(name))
}

/// `None` for one that the server makes.
async fn chosen(password: NewPassword, name: &str) -> Result<Option<String>, Failure> {
    Ok(match password {
        NewPassword { password_stdin: true, .. } => Some(ask::line()?),
        NewPassword { ask_password: true, .. } => Some(ask::secret(&format!("The new password of {name}: ")).await?),
        _ => None,
    })
}

/// One that the server made is shown this once.
fn given(given: GivenPassword, output: &Output) -> Result<(), Failure> {
    let row = vec![given.name.clone(), given.password.clone().unwrap_or_default()];
    output.show(&given, &Table::new(&["name", "password"], [row]))
}

/// The server takes all of them at once. Those that are not given stay, unless they are to be taken away.
async fn limits(client: &Client, name: &str, change: &UserChange) -> Result<Option<OwnLimits>, Failure> {
    let given =
        OwnLimits { vclusters: change.vclusters, nodes: change.nodes, cpus: change.cpus, memory_mib: change.memory };
    if change.usual_limits {
        return Ok(Some(given));
    }
    if given == OwnLimits::default() {
        return Ok(None);
    }
    let before = client.get::<PersonDetail>(&path(name)).await?.person.own_limits;
    Ok(Some(OwnLimits {
        vclusters: given.vclusters.or(before.vclusters),
        nodes: given.nodes.or(before.nodes),
        cpus: given.cpus.or(before.cpus),
        memory_mib: given.memory_mib.or(before.memory_mib),
    }))
}

fn row(person: &Person) -> Vec<String> {
    let state = match (person.pending, person.locked) {
        (true, _) => "waits for approval",
        (_, true) => "locked",
        _ => "active",
    };
    let mut row = vec![person.name.clone(), person.role.as_str().to_owned(), state.to_owned()];
    row.push(person.group.clone().unwrap_or_default());
    row.extend(amounts(&person.usage, &person.limits));
    row.push(person.last_sign_in.map(shown).unwrap_or_default());
    row
}
