//! The database, where it is on a server.

use store::{ConnectError, StoreConfig};

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
        Err(error) => return Some(Err(with_cause(&error))),
    };
    // Without a schema it is a new one, which the first start fills.
    let version = store.version().await.unwrap_or_else(|_| "it answers; the first start fills it".into());
    Some(Ok(version))
}

fn with_cause(error: &ConnectError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
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
