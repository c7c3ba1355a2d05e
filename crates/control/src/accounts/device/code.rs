//! The code that a person types: eight letters that are not mistaken for each other and make no words (RFC 8628, section 6.1).

use std::{fmt, str::FromStr};

use domain::Violation;

use crate::ports::clock::Entropy;

const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
/// The last byte that is fair: with those above it some letters would be likelier.
const LAST_FAIR: u8 = 239;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct UserCode(String);

impl UserCode {
    pub(super) fn draw(entropy: &dyn Entropy) -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let mut bytes = [0; LENGTH];
            entropy.fill(&mut bytes);
            let missing = LENGTH - code.len();
            let fair = bytes.into_iter().filter(|byte| *byte <= LAST_FAIR);
            code.extend(fair.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).take(missing));
        }
        Self(code)
    }
}

/// As people type it: in small letters, too, with the dash or without.
impl FromStr for UserCode {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let letters = text.chars().filter(|c| *c != '-' && !c.is_whitespace());
        // One more than there are is enough to know.
        let code: String = letters.take(LENGTH + 1).map(|c| c.to_ascii_uppercase()).collect();
        if code.len() == LENGTH && code.bytes().all(|letter| LETTERS.contains(&letter)) {
            return Ok(Self(code));
        }
        Err(Violation::new("code", "must be eight letters such as WDJB-MJHT, as the command line shows them"))
    }
}

/// As it is shown: `WDJB-MJHT`.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use parking_lot::Mutex;
    use uuid::Uuid;

    use super::*;

    /// Bytes that count up from a first one.
    struct Counting(Mutex<u8>);

    impl Entropy for Counting {
        fn id(&self, _: DateTime<Utc>) -> Uuid {
            Uuid::nil()
        }

        fn fill(&self, buffer: &mut [u8]) {
            let mut next = self.0.lock();
            for byte in buffer {
                *byte = *next;
                *next = next.wrapping_add(1);
            }
        }
    }

    #[test]
    fn a_code_is_drawn_of_fair_bytes_and_read_as_people_type_it() {
        let code = UserCode::draw(&Counting(Mutex::new(0)));
        assert_eq!(code.to_string(), "BCDF-GHJK");
        for text in ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "B-C-D-F-G-H-J-K"] {
            assert_eq!(text.parse::<UserCode>().expect("a code"), code, "{text}");
        }
        let over = UserCode::draw(&Counting(Mutex::new(236)));
        assert_eq!(over.to_string(), "VWXZ-BCDF", "240 to 255 are left out");
    }

    #[test]
    fn what_cannot_be_a_code_is_a_fault_of_the_field() {
        for text in ["", "BCDF", "BCDF-GHJA", "BCDF-GHJK-L", "BCDF-GHJ1", "ÄÄÄÄ", &"B".repeat(1000)] {
            assert_eq!(text.parse::<UserCode>().expect_err(text).field, "code");
        }
    }
}
