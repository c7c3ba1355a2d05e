//! Removes from Docker whatever carries a test's installation label. Speaks to the engine through its own command line, so a
//! fault in our adapter cannot hide itself here.

use std::process::Command;

use control::ports::engine::label;
use domain::InstallationId;

/// Cleans up when dropped, also when the test has failed.
#[derive(Debug)]
pub struct DockerCleanup {
    filter: String,
}

/// Kinds in the order in which they can be removed: how to list them, and how to remove them. A container's line goes on with
/// what makes it the installation's helper, which is not listed as one of the others.
const KINDS: [(&str, &[&str], &[&str]); 3] = [
    (
        "container",
        &["container", "ls", "--all", "--no-trunc", "--format", "{{.ID}} {{.Label \"docklet.helper\"}}"],
        &["container", "rm", "--force", "--volumes"],
    ),
    ("network", &["network", "ls", "--quiet", "--no-trunc"], &["network", "rm"]),
    ("volume", &["volume", "ls", "--quiet"], &["volume", "rm", "--force"]),
];

#[derive(Debug)]
struct Thing {
    id: String,
    is_helper: bool,
}

impl Thing {
    fn read(line: &str) -> Option<Self> {
        let (id, helper) = line.split_once(' ').unwrap_or((line, ""));
        (!id.is_empty()).then(|| Self { id: id.to_owned(), is_helper: !helper.trim().is_empty() })
    }
}

impl DockerCleanup {
    pub fn new(installation: InstallationId) -> Self {
        Self { filter: format!("label={}={installation}", label::INSTALLATION) }
    }

    /// What is there now, such as `container 4f0c…`: for tests that say what must be left. Without the installation's helper,
    /// which stays for as long as the installation does.
    ///
    /// # Panics
    /// When Docker does not answer.
    pub fn present(&self) -> Vec<String> {
        let found = KINDS.iter().flat_map(|(kind, list, _)| {
            let found = self.list(list).unwrap_or_else(|error| panic!("docker must answer: {error}"));
            let ids = found.into_iter().filter(|thing| !thing.is_helper).map(|thing| thing.id);
            ids.map(move |id| format!("{kind} {id}"))
        });
        found.collect()
    }

    /// The installation's helper, while there is one.
    ///
    /// # Panics
    /// When Docker does not answer.
    pub fn helper(&self) -> Option<String> {
        let found = self.list(KINDS[0].1).unwrap_or_else(|error| panic!("docker must answer: {error}"));
        found.into_iter().find(|thing| thing.is_helper).map(|thing| thing.id)
    }

    fn list(&self, list: &[&str]) -> Result<Vec<Thing>, String> {
        let listed = docker(list.iter().copied().chain(["--filter", &self.filter]))?;
        Ok(listed.lines().filter_map(Thing::read).collect())
    }

    /// Removes what is there now. Fails with the engine's words, also when something is being made in between.
    pub fn remove_all(&self) -> Result<(), String> {
        let mut helper = None;
        for (_, list, remove) in KINDS {
            let (helpers, others): (Vec<_>, Vec<_>) = self.list(list)?.into_iter().partition(|thing| thing.is_helper);
            helper = helper.or(helpers.into_iter().next());
            if !others.is_empty() {
                docker(remove.iter().copied().chain(others.iter().map(|thing| thing.id.as_str())))?;
            }
        }
        // Last, and told to end: then it takes its rules along.
        if let Some(Thing { id, .. }) = helper {
            docker(["container", "stop", "--time", "5", &id].into_iter())?;
            docker(["container", "rm", "--force", &id].into_iter())?;
        }
        Ok(())
    }
}

impl Drop for DockerCleanup {
    fn drop(&mut self) {
        let removed = self.remove_all();
        // A second panic would end the whole test run.
        if !std::thread::panicking() {
            removed.unwrap_or_else(|error| panic!("the test's things must be removed from Docker: {error}"));
        }
    }
}

fn docker<'a>(arguments: impl Iterator<Item = &'a str>) -> Result<String, String> {
    let output =
        Command::new("docker").args(arguments).output().map_err(|error| format!("cannot run docker: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build;

    fn made(arguments: &[&str]) {
        docker(arguments.iter().copied()).unwrap_or_else(|error| panic!("docker must make it: {error}"));
    }

    #[test]
    fn everything_with_the_label_goes_and_nothing_else() {
        let (mine, other) = (DockerCleanup::new(build::installation()), DockerCleanup::new(build::installation()));
        for cleanup in [&mine, &other] {
            let label = cleanup.filter.strip_prefix("label=").expect("a label");
            made(&["volume", "create", "--label", label]);
        }
        assert_eq!((mine.present().len(), other.present().len()), (1, 1));
        mine.remove_all().expect("to remove");
        assert_eq!((mine.present().len(), other.present().len()), (0, 1));
    }
}
