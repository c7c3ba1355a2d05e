//! Arrays: one job that runs once for each of many numbers; which texts say which numbers. Knows no queue.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{JobId, Violation, described::described};

/// Which numbers a job runs for, and how many of those at a time: `0-99`, `1-9:2`, `3,7,11`, `0-99%10`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Array {
    indexes: Indexes,
    at_most: Option<u32>,
}

/// A set of numbers; written as ranges (`0-99`, `1-9:2`), it is short where they are regular. May be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Indexes(Vec<u32>);

/// Which element of which array a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub of: JobId,
    pub index: u32,
    /// How many elements the array has.
    pub size: u32,
}

impl Part {
    /// What its script finds in its environment.
    pub(super) fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("JOB_ARRAY_ID", self.of.to_string()),
            ("JOB_ARRAY_INDEX", self.index.to_string()),
            ("JOB_ARRAY_SIZE", self.size.to_string()),
        ]
    }
}

impl Array {
    /// Characters of its text.
    pub const LONGEST: usize = 1000;

    pub const fn indexes(&self) -> &Indexes {
        &self.indexes
    }

    /// So many of them may run at a time.
    pub const fn at_most(&self) -> Option<u32> {
        self.at_most
    }

    /// However long its text is.
    fn read(text: &str) -> Result<Self, Violation> {
        let (indexes, at_most) = match text.split_once('%') {
            Some((indexes, most)) => (indexes, Some(number(most).filter(|most| *most > 0).ok_or_else(not_numbers)?)),
            None => (text, None),
        };
        let indexes: Indexes = indexes.parse()?;
        if indexes.is_empty() { Err(not_numbers()) } else { Ok(Self { indexes, at_most }) }
    }
}

/// As its owner writes it.
impl FromStr for Array {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        if text.chars().count() > Self::LONGEST {
            return Err(fault(format!("must have at most {} characters", Self::LONGEST)));
        }
        Self::read(text)
    }
}

/// As the record has it: of irregular numbers, what is written may be longer than what was read from their owner.
impl TryFrom<String> for Array {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        Self::read(&text)
    }
}

impl From<Array> for String {
    fn from(array: Array) -> Self {
        array.to_string()
    }
}

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.indexes.fmt(f)?;
        self.at_most.map_or(Ok(()), |most| write!(f, "%{most}"))
    }
}

described!(Array, {
    let (number, positive) = ("(?:0|[1-9][0-9]{0,6})", "[1-9][0-9]{0,6}");
    let some = format!("{number}(?:-{number}(?::{positive})?)?");
    crate::described::text(Self::LONGEST, format!("^{some}(?:,{some})*(?:%{positive})?$"))
});

impl Indexes {
    pub const MOST: usize = 100_000;
    /// The largest that there may be has so many digits.
    const DIGITS: usize = 7;

    pub fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, index: u32) -> bool {
        self.0.binary_search(&index).is_ok()
    }

    /// Says whether it was there.
    pub fn remove(&mut self, index: u32) -> bool {
        let found = self.0.binary_search(&index);
        found.map(|at| self.0.remove(at)).is_ok()
    }

    /// The least.
    pub fn first(&self) -> Option<u32> {
        self.0.first().copied()
    }

    /// In ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

impl FromStr for Indexes {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let (mut all, mut count) = (Vec::new(), 0);
        for some in text.split(',') {
            let (first, last, step) = range(some).ok_or_else(not_numbers)?;
            if first > last {
                return Err(fault(format!("must count upwards, and {some} does not; {last}-{first} does")));
            }
            // Before they are made: the text may be from anybody.
            count += ((last - first) / step) as usize + 1;
            if count > Self::MOST {
                return Err(fault(format!("must have at most {} elements; submit several jobs", Self::MOST)));
            }
            all.extend((first..=last).step_by(step as usize));
        }
        all.sort_unstable();
        all.dedup();
        Ok(Self(all))
    }
}

/// Three and more with the same distance are a range.
impl fmt::Display for Indexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_slice();
        let mut separator = "";
        while let [first, behind @ ..] = rest {
            let step = behind.first().map_or(1, |second| second - first);
            let distances = rest.iter().zip(behind).take_while(|(before, after)| *after - *before == step);
            let count = distances.count() + 1;
            let last = rest.get(count - 1).filter(|_| count > 2);
            match last {
                Some(last) if step == 1 => write!(f, "{separator}{first}-{last}")?,
                Some(last) => write!(f, "{separator}{first}-{last}:{step}")?,
                None => write!(f, "{separator}{first}")?,
            }
            rest = if last.is_some() { rest.get(count..).unwrap_or_default() } else { behind };
            separator = ",";
        }
        Ok(())
    }
}

/// First, last and step of `7`, `0-99` or `1-9:2`.
fn range(text: &str) -> Option<(u32, u32, u32)> {
    let Some((first, rest)) = text.split_once('-') else {
        return number(text).map(|only| (only, only, 1));
    };
    let (last, step) = match rest.split_once(':') {
        Some((last, step)) => (last, number(step).filter(|step| *step > 0)?),
        None => (rest, 1),
    };
    Some((number(first)?, number(last)?, step))
}

/// An element's index, or another number of an array. One number has one text.
pub(crate) fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain && text.len() <= Indexes::DIGITS)
}

fn not_numbers() -> Violation {
    fault(
        "must be whole numbers from 0 to 9999999, such as 0-99, 1-9:2 or 3,7,11; with %10 behind them, at most 10 elements run \
         at a time",
    )
}

fn fault(rule: impl Into<String>) -> Violation {
    Violation::new("array", rule)
}

as_text!(Indexes);

#[cfg(test)]
mod tests {
    use super::*;

    fn indexes(text: &str) -> Vec<u32> {
        text.parse::<Array>().expect(text).indexes().iter().collect()
    }

    fn rule(text: &str) -> String {
        let Violation { field, message } = text.parse::<Array>().expect_err(text);
        assert_eq!(field, "array");
        message
    }

    #[test]
    fn an_array_is_ranges_and_numbers_in_any_order_each_once() {
        for (text, numbers) in [
            ("0", &[0][..]),
            ("0-3", &[0, 1, 2, 3][..]),
            ("1-9:2", &[1, 3, 5, 7, 9][..]),
            ("1-8:3", &[1, 4, 7][..]),
            ("3,7,11", &[3, 7, 11][..]),
            ("7,0-2,7,1", &[0, 1, 2, 7][..]),
            ("5-5", &[5][..]),
            ("9999999", &[9_999_999][..]),
            ("0-9999999:9999999", &[0, 9_999_999][..]),
        ] {
            assert_eq!(indexes(text), numbers, "{text}");
        }
        let array: Array = "0-99%10".parse().expect("an array");
        assert_eq!((array.indexes().len(), array.at_most()), (100, Some(10)));
        assert_eq!("0-99".parse::<Array>().expect("an array").at_most(), None);
        assert_eq!("0-99999".parse::<Array>().expect("the largest").indexes().len(), 100_000);
    }

    #[test]
    fn what_is_no_array_is_refused_with_what_would_be_one() {
        for text in [
            "",
            " ",
            "x",
            "1-",
            "-1",
            "-5--1",
            "--",
            "1-2-3",
            "1,",
            ",1",
            "1,,2",
            "1-9:0",
            "1-9:",
            "1:2",
            "1-9:-1",
            "1.5",
            "1e3",
            "+1",
            "01",
            "0-07",
            "1-3%",
            "1-3%0",
            "1-3%-1",
            "1-3%1%2",
            "%1",
            "1 -3",
            "1-3\n",
            "1\u{0}",
            "\u{661}",
            "10000000",
            "4294967296",
            "99999999999999999999",
            "1-99999999999999999999",
            "1-3%10000000",
        ] {
            assert!(rule(text).starts_with("must be whole numbers from 0 to 9999999"), "{text:?}: {}", rule(text));
        }
        assert_eq!(rule("5-1"), "must count upwards, and 5-1 does not; 1-5 does");
        for text in ["0-100000", "0-9999999", "0-59999,0-59999", "1-100000,0"] {
            assert_eq!(rule(text), "must have at most 100000 elements; submit several jobs", "{text}");
        }
        assert_eq!(rule(&"1,".repeat(501)), "must have at most 1000 characters");
    }

    #[test]
    fn numbers_are_written_as_short_as_they_are_regular_and_read_back() {
        for (text, written) in [
            ("", ""),
            ("4", "4"),
            ("4,5", "4,5"),
            ("0,1,2,3", "0-3"),
            ("9,1,3,5,7", "1-9:2"),
            ("0-3,5,7-9", "0-3,5,7-9"),
            ("1,2,4,6,8", "1,2-8:2"),
            ("0,9999999", "0,9999999"),
        ] {
            let indexes: Indexes = text.parse().expect(text);
            assert_eq!(indexes.to_string(), written, "{text}");
            assert_eq!(written.parse::<Indexes>(), Ok(indexes));
        }
        let array: Array = "0-2,3%2".parse().expect("an array");
        assert_eq!(String::from(array.clone()), "0-3%2");
        assert_eq!(Array::try_from("0-3%2".to_owned()), Ok(array));
    }

    #[test]
    fn irregular_numbers_are_read_back_from_a_text_longer_than_their_owner_may_write() {
        let array: Array = "0-999:2,0-999:3%5".parse().expect("an array");
        let written = array.to_string();
        assert!(written.len() > Array::LONGEST, "{}", written.len());
        assert!(written.parse::<Array>().is_err(), "nobody may write so much");
        assert_eq!(Array::try_from(written), Ok(array));
    }

    #[test]
    fn what_is_taken_out_of_a_set_is_in_it_no_more() {
        let mut left: Indexes = "0-4".parse().expect("numbers");
        assert!(left.remove(2) && !left.remove(2) && !left.remove(9));
        assert_eq!((left.to_string().as_str(), left.len(), left.first()), ("0,1,3,4", 4, Some(0)));
        assert!(left.contains(3) && !left.contains(2));
        for index in [0, 1, 3, 4] {
            assert!(left.remove(index));
        }
        assert_eq!((left.is_empty(), left.first(), left), (true, None, Indexes::default()));
    }
}
