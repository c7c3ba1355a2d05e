//! What administrators see and change. Who is one is the server's to say.

mod health;
mod users;

use reqwest::Method;
use wire::{
    admin::{Role, Setting},
    disk::{DiskUseOf, DiskUses},
    image::{AllowImage, AllowedImage, ImageList},
    session::Session,
};

use super::{ask, lists::shown, named::in_path};
use crate::{
    args::{AdminCommand, HostCommand, ImagesCommand},
    client::Client,
    failure::Failure,
    output::{Output, Table},
};

const GIB: u64 = 1 << 30;

pub(super) async fn run(client: &Client, command: AdminCommand, output: &Output) -> Result<(), Failure> {
    match done(client, command, output).await {
        // To other users the server answers as if these addresses did not exist.
        Err(failure) if failure.problem_code() == Some("not_found") => {
            let session: Option<Session> = client.get("/session").await.ok();
            let other = session.filter(|session| session.role == Role::User);
            let note = |session: Session| {
                format!("Only administrators have docklet admin, and {} is none on {}.", session.name, client.url())
            };
            Err(failure.with_note(other.map(note)))
        }
        done => done,
    }
}

async fn done(client: &Client, command: AdminCommand, output: &Output) -> Result<(), Failure> {
    match command {
        AdminCommand::Users(command) => users::run(client, command, output).await,
        AdminCommand::Health => health::show(client, output).await,
        AdminCommand::Doctor => health::doctor(client, output).await,
        AdminCommand::Images(command) => images(client, command, output).await,
        AdminCommand::Disk => {
            let uses: DiskUses = client.get("/admin/disk").await?;
            let row = |one: &DiskUseOf| vec![one.name.clone(), size(one.nodes_bytes), size(one.home_bytes)];
            output.show(&uses, &Table::new(&["name", "nodes", "home"], uses.items.iter().map(row)))
        }
        AdminCommand::Config => {
            let settings: Vec<Setting> = client.get("/admin/config").await?;
            let row =
                |one: &Setting| vec![format!("{}.{}", one.section, one.key), one.value.clone(), one.source.clone()];
            output.show(&settings, &Table::new(&["setting", "value", "source"], settings.iter().map(row)))
        }
        AdminCommand::Host(HostCommand::Forget { name, yes }) => forget(client, &name, yes, output).await,
    }
}

async fn images(client: &Client, command: ImagesCommand, output: &Output) -> Result<(), Failure> {
    match command {
        ImagesCommand::Ls => {
            let list: ImageList = client.get("/admin/images").await?;
            output.show(&list, &allowed(&list.items))
        }
        ImagesCommand::Allow { pattern, runtime } => {
            let image: AllowedImage = client.post("/admin/images", &AllowImage { pattern, runtime }).await?;
            output.show(&image, &allowed(std::slice::from_ref(&image)))
        }
        ImagesCommand::Disallow { pattern } => {
            client.send(Method::DELETE, &format!("/admin/images?pattern={}", in_path(&pattern))).await?;
            output.say(&format!("{pattern} is off the list."));
            Ok(())
        }
    }
}

fn allowed(images: &[AllowedImage]) -> Table {
    let row = |image: &AllowedImage| {
        let runtime = image.runtime.clone().unwrap_or_default();
        vec![image.pattern.clone(), runtime, image.added_by.clone(), shown(image.added_at)]
    };
    Table::new(&["image", "runtime", "added by", "added"], images.iter().map(row))
}

async fn forget(client: &Client, name: &str, yes: bool, output: &Output) -> Result<(), Failure> {
    if !yes {
        ask::confirm(&format!("Declare {name} gone for good? Its nodes leave the record with what was in them."))
            .await?;
    }
    client.send(Method::DELETE, &format!("/admin/hosts/{}", in_path(name))).await?;
    output.say(&format!("{name} is forgotten."));
    Ok(())
}

/// For people to read: exact up to 2^53.
fn size(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / GIB as f64)
}
