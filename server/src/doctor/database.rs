//! The database, where it is on a server.

use control::{error::chain, ports::store::StoreError};
use store::{SqlStore, StoreConfig};

use super::finding::Finding;
use crate::{compose, config::Config};

const CHECK: &str = "database";

/// What it says of itself; `None` where the record is a file.
pub(super) async fn look(config: &Config) -> Option<Result<String, String>> {
    let url = config.database.url.as_ref()?;
    let server = match compose::postgres(config, url) {
        Ok(server) => server,
        Err(error) => return Some(Err(format!("{error:#}"))),
    };
    let store = match store::connect(&StoreConfig::from(server)).await {
        Ok(store) => store,
        Err(error) => return Some(Err(chain(&error))),
    };
    Some(about(&store).await.map_err(|error| chain(&error)))
}

async fn about(store: &SqlStore) -> Result<String, StoreError> {
    if store.is_new().await? {
        return Ok("it answers; the first start fills it".into());
    }
    store.version().await
}

pub(super) fn judge(answer: Option<Result<String, String>>) -> Option<Finding> {
    Some(match answer? {
        Ok(version) => Finding::ok(CHECK, version),
        Err(error) => Finding::problem(
            CHECK,
            error,
            "Look whether it runs and can be reached from here, and at database.url and database.password_file.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn a_server_that_does_not_answer_is_a_problem_and_a_file_is_not_looked_at_here() {
        assert_eq!(judge(None), None);
        assert_eq!(judge(Some(Err("refused".into()))).map(|finding| finding.level), Some(Level::Problem));
        assert_eq!(judge(Some(Ok("PostgreSQL 15".into()))).map(|finding| finding.level), Some(Level::Ok));
    }
}
