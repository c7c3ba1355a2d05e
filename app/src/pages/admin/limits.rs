//! Limits of one user as the form writes them: texts, empty where the user has no limit of their own. Pure.

#[cfg(any(test, feature = "ssr"))]
use domain::Violation;
use serde::{Deserialize, Serialize};
use wire::admin::OwnLimits;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsForm {
    pub vclusters: String,
    pub nodes: String,
    pub cpus: String,
    pub memory_mib: String,
}

impl LimitsForm {
    /// What the form is filled in with.
    pub(crate) fn of(limits: OwnLimits) -> Self {
        let text = |limit: Option<i64>| limit.map(|limit| limit.to_string()).unwrap_or_default();
        Self {
            vclusters: text(limits.vclusters),
            nodes: text(limits.nodes),
            cpus: limits.cpus.map(|cpus| cpus.to_string()).unwrap_or_default(),
            memory_mib: text(limits.memory_mib),
        }
    }

    /// The numbers; which of them are good limits is the server's to say.
    #[cfg(any(test, feature = "ssr"))]
    pub(crate) fn parse(&self) -> Result<OwnLimits, Vec<Violation>> {
        let mut faults = Vec::new();
        let limits = OwnLimits {
            vclusters: number("limits.vclusters", &self.vclusters, &mut faults),
            nodes: number("limits.nodes", &self.nodes, &mut faults),
            cpus: number("limits.cpus", &self.cpus.replace(',', "."), &mut faults),
            memory_mib: number("limits.memory_mib", &self.memory_mib, &mut faults),
        };
        if faults.is_empty() { Ok(limits) } else { Err(faults) }
    }
}

#[cfg(any(test, feature = "ssr"))]
fn number<T: std::str::FromStr>(field: &str, text: &str, faults: &mut Vec<Violation>) -> Option<T> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    text.parse().map_err(|_| faults.push(Violation::new(field, "must be a number, or empty"))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_as_for_everybody() {
        let form = LimitsForm { nodes: " 4 ".into(), cpus: "0,5".into(), ..LimitsForm::default() };
        let limits = form.parse().expect("good numbers");
        assert_eq!(limits, OwnLimits { nodes: Some(4), cpus: Some(0.5), ..OwnLimits::default() });
        assert_eq!(
            LimitsForm::of(limits),
            LimitsForm { nodes: "4".into(), cpus: "0.5".into(), ..LimitsForm::default() }
        );
    }

    #[test]
    fn every_field_that_is_no_number_is_named() {
        let form = LimitsForm { vclusters: "many".into(), memory_mib: "1.5".into(), ..LimitsForm::default() };
        let fields: Vec<String> = form.parse().expect_err("no numbers").into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["limits.vclusters", "limits.memory_mib"]);
    }
}
