//! The person's API tokens: seen and revoked. They are made in the browser alone.

use reqwest::Method;
use wire::profile::{Token, TokenState};

use super::{
    lists::{scopes, shown},
    named::in_path,
};
use crate::{
    args::TokenCommand,
    client::Client,
    failure::{Failure, Kind},
    output::{Output, Table},
};

pub(super) async fn run(client: &Client, command: TokenCommand, output: &Output) -> Result<(), Failure> {
    let tokens: Vec<Token> = client.get("/me/tokens").await?;
    match command {
        TokenCommand::Ls => output.show(&tokens, &table(&tokens)),
        TokenCommand::Revoke { token } => {
            let found = called(&tokens, &token)?;
            client.send(Method::DELETE, &format!("/me/tokens/{}", in_path(&found.id))).await?;
            output.say(&format!("Revoked {} ({}).", found.prefix, found.name));
            Ok(())
        }
    }
}

/// The good one that is called so. Several may have one name, but what is ended must be one.
fn called<'a>(tokens: &'a [Token], named: &str) -> Result<&'a Token, Failure> {
    let mut called = tokens.iter().filter(|token| {
        token.state == TokenState::Good && [&token.prefix, &token.name, &token.id].into_iter().any(|name| name == named)
    });
    match (called.next(), called.next()) {
        (Some(token), None) => Ok(token),
        (Some(_), Some(_)) => {
            Err(Failure::usage(format!("Several tokens are called '{named}': write its id: docklet token ls -o json")))
        }
        (None, _) => Err(Failure::new(Kind::NotFound, format!("You have no good token '{named}': docklet token ls"))),
    }
}

fn table(tokens: &[Token]) -> Table {
    let row = |token: &Token| {
        let state = match token.state {
            TokenState::Good => "good",
            TokenState::Expired => "expired",
            TokenState::Revoked => "revoked",
        };
        let last_used = token.last_used.map(shown).unwrap_or_default();
        vec![
            token.prefix.clone(),
            token.name.clone(),
            scopes(&token.scopes),
            state.to_owned(),
            shown(token.created_at),
            shown(token.expires_at),
            last_used,
        ]
    };
    Table::new(&["token", "name", "scopes", "state", "created", "expires", "last used"], tokens.iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: &str, name: &str, state: TokenState) -> Token {
        let at = chrono::DateTime::UNIX_EPOCH;
        let (id, name, prefix) = (id.to_owned(), name.to_owned(), format!("dkl_{id}"));
        Token {
            id,
            name,
            prefix,
            scopes: Vec::new(),
            present: false,
            state,
            created_at: at,
            expires_at: at,
            last_used: None,
            revoked_at: None,
        }
    }

    #[test]
    fn a_token_is_revoked_only_where_it_is_the_only_one_that_is_meant() {
        let (good, revoked) = (TokenState::Good, TokenState::Revoked);
        let tokens =
            [token("1", "hera", good), token("2", "hera", revoked), token("3", "ci", good), token("4", "ci", good)];
        let found = |named: &str| called(&tokens, named).map(|token| token.id.as_str());
        for (named, id) in [("hera", "1"), ("dkl_3", "3"), ("4", "4")] {
            assert_eq!(found(named).ok(), Some(id), "{named}");
        }
        for (named, kind) in [("ci", Kind::Usage), ("2", Kind::NotFound), ("dkl_", Kind::NotFound)] {
            assert_eq!(found(named).map_err(|failure| failure.kind).err(), Some(kind), "{named}");
        }
    }
}
