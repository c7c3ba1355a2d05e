//! Which tabs there are and in what order: the server says which terminals live, the browser only remembers the order.

use serde::{Deserialize, Serialize};
use wire::terminals::Terminal;

/// What a browser tab remembers about one vcluster's terminals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arrangement {
    /// Terminal ids, left to right.
    pub order: Vec<String>,
    /// The one that was looked at last.
    pub active: Option<String>,
}

impl Arrangement {
    /// The living ones among `found`: remembered ones in their order, then the others, oldest first.
    pub fn arrange(&self, found: Vec<Terminal>) -> Vec<Terminal> {
        let mut living: Vec<Terminal> = found.into_iter().filter(|terminal| terminal.exited.is_none()).collect();
        let place = |terminal: &Terminal| {
            let at = self.order.iter().position(|id| *id == terminal.id);
            at.unwrap_or(self.order.len())
        };
        living.sort_by(|a, b| place(a).cmp(&place(b)).then(a.created_at.cmp(&b.created_at)).then(a.id.cmp(&b.id)));
        living
    }

    /// Which of `tabs` to show: the remembered one, else the first.
    pub fn active<'a>(&self, tabs: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let mut first = None;
        for id in tabs {
            if self.active.as_deref() == Some(id) {
                return Some(id);
            }
            first = first.or(Some(id));
        }
        first
    }
}

/// Which tab to show when the one at `closed` of `count` tabs goes away: its right neighbour, else its left one.
/// Counted without the closed one.
pub fn neighbour(closed: usize, count: usize) -> Option<usize> {
    (count > 1).then(|| closed.min(count - 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(id: &str, created: &str, exited: Option<&str>) -> Terminal {
        Terminal {
            id: id.into(),
            node: "node-0".into(),
            title: "bash".into(),
            cols: 80,
            rows: 24,
            created_at: created.parse().expect("a time"),
            viewers: 0,
            end: 0,
            exited: exited.map(Into::into),
        }
    }

    fn ids(terminals: &[Terminal]) -> Vec<&str> {
        terminals.iter().map(|terminal| terminal.id.as_str()).collect()
    }

    #[test]
    fn the_remembered_order_comes_first_and_new_ones_follow_by_age() {
        let found = vec![
            terminal("new-2", "2026-01-02T00:00:02Z", None),
            terminal("b", "2026-01-01T00:00:00Z", None),
            terminal("new-1", "2026-01-02T00:00:01Z", None),
            terminal("a", "2026-01-01T00:00:01Z", None),
        ];
        let remembered = Arrangement { order: vec!["a".into(), "gone".into(), "b".into()], active: None };
        assert_eq!(ids(&remembered.arrange(found)), ["a", "b", "new-1", "new-2"]);
    }

    #[test]
    fn what_has_ended_is_not_brought_back() {
        let found = vec![terminal("a", "2026-01-01T00:00:00Z", Some("exit status 0"))];
        let remembered = Arrangement { order: vec!["a".into()], active: Some("a".into()) };
        assert_eq!(ids(&remembered.arrange(found)), Vec::<&str>::new());
    }

    #[test]
    fn the_remembered_tab_is_shown_if_it_lives() {
        let remembered = Arrangement { order: Vec::new(), active: Some("b".into()) };
        assert_eq!(remembered.active(["a", "b"]), Some("b"));
        assert_eq!(remembered.active(["a", "c"]), Some("a"));
        assert_eq!(remembered.active([]), None);
    }

    #[test]
    fn closing_a_tab_shows_its_neighbour() {
        assert_eq!(neighbour(0, 3), Some(0));
        assert_eq!(neighbour(2, 3), Some(1));
        assert_eq!(neighbour(0, 1), None);
    }
}
