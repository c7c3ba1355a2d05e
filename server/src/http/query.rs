//! What stands behind the `?`: read field by field, so that each one at fault can be named.

use std::{convert::Infallible, ops::RangeInclusive, str::FromStr};

use axum::extract::FromRequestParts;
use control::vclusters::LONGEST_PAGE;
use domain::Violation;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use wire::problem::{Code, Problem};

use super::error::Failure;

const USUAL_PAGE: u32 = 50;
/// Everything but what stands for itself in an address, and `/`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

#[derive(Debug, Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        // Bytes that are no text become the replacement character, which no rule lets through.
        let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let split = |pair: &str| match pair.split_once('=') {
            Some((name, value)) => (decode(name), decode(value)),
            None => (decode(pair), String::new()),
        };
        Self(pairs.map(split).collect())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a field that may be there several times.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// How many of a list, and behind which: `limit` and `cursor`.
    pub(crate) fn page<T: FromStr>(&self) -> Result<(u32, Option<T>), Failure> {
        const RULE: &str = "must be a whole number between 1 and 199";
        let limit = self.value("limit", RULE)?.unwrap_or(USUAL_PAGE);
        // Control gives at most `LONGEST_PAGE`, and one of them is kept back.
        if !(1..LONGEST_PAGE).contains(&limit) {
            return Err(fault("limit", RULE));
        }
        Ok((limit, self.value("cursor", "must be the `next` of another page")?))
    }

    /// A whole number in this range.
    pub(crate) fn within(&self, name: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, Failure> {
        let rule = format!("must be a whole number between {} and {}", range.start(), range.end());
        match self.value::<u32>(name, &rule)? {
            Some(number) if !range.contains(&number) => Err(fault(name, &rule)),
            number => Ok(number),
        }
    }

    /// The value of this field, or the rule it breaks.
    pub(crate) fn value<T: FromStr>(&self, name: &str, rule: &str) -> Result<Option<T>, Failure> {
        self.text(name).map(|text| text.parse().map_err(|_| fault(name, rule))).transpose()
    }
}

/// A text as the value of a field.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// This field of the query breaks this rule.
pub(crate) fn fault(name: &str, rule: &str) -> Failure {
    let violations = vec![Violation::new(name, rule)];
    Problem::new(Code::Invalid, "Some fields are not valid.").with_violations(violations).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded() {
        let query = Query::parse("a=1&b=x%20y+z&c&d=%zz&e=%C3%A4&f=%F0");
        let expected = [("a", "1"), ("b", "x y z"), ("c", ""), ("d", "%zz"), ("e", "ä"), ("f", "\u{fffd}")];
        for (name, value) in expected {
            assert_eq!(query.text(name), Some(value), "{name}");
        }
        assert_eq!(query.text("g"), None);
    }

    #[test]
    fn what_is_encoded_is_read_again() {
        let text = "/lab/tree/ä b+c.ipynb?x=1&y=2#z%";
        assert_eq!(Query::parse(&format!("next={}", encode(text))).text("next"), Some(text));
    }

    #[test]
    fn a_bad_value_names_its_field() {
        let query = Query::parse("limit=ten");
        let Failure(problem) = query.value::<u32>("limit", "must be a whole number").expect_err("must be refused");
        assert_eq!(problem.about("limit"), Some("must be a whole number"));
        assert_eq!(query.value::<u32>("cursor", "").expect("absent is fine"), None);
    }

    #[test]
    fn a_number_out_of_its_range_names_it_and_a_field_may_be_there_twice() {
        let query = Query::parse("wait=26&state=a&wait=3&state=b,c");
        let Failure(problem) = query.within("wait", 0..=25).expect_err("must be refused");
        assert_eq!(problem.about("wait"), Some("must be a whole number between 0 and 25"));
        assert_eq!(query.within("wait", 0..=26).expect("in its range"), Some(26));
        assert_eq!(query.texts("state").collect::<Vec<_>>(), ["a", "b,c"]);
    }
}
