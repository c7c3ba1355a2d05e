//! Cursor paging: a list a piece at a time.

use serde::{Deserialize, Serialize};

/// One piece of a list. `next` is the cursor of the following piece; absent on the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Of a list that was asked for with one more than `limit`: that one only tells whether there is a next piece. `cursor` is
    /// what stands for a row.
    pub fn cut<R>(mut found: Vec<R>, limit: u32, cursor: impl Fn(&R) -> String, item: impl Fn(&R) -> T) -> Self {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = found.len() > most;
        found.truncate(most);
        let next = found.last().filter(|_| has_more).map(cursor);
        Self { items: found.iter().map(item).collect(), next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_does_not_fit_tells_of_another_page() {
        let page = |found: &[u8]| Page::cut(found.to_vec(), 2, u8::to_string, |one| *one * 10);
        assert_eq!(page(&[1, 2, 3]), Page { items: vec![10, 20], next: Some("2".into()) });
        assert_eq!(page(&[1, 2]), Page { items: vec![10, 20], next: None });
        assert_eq!(page(&[]), Page { items: vec![], next: None });
    }
}
