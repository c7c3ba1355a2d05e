//! A chunked body: only where it ends matters here, and that it has one meaning.

use memchr::memchr3;

use super::refusal::Refusal;

const LONGEST_EXTENSION: usize = 1024;
const LARGEST_TRAILERS: usize = 16 * 1024;
/// So many hexadecimal digits never overflow.
const MOST_DIGITS: u8 = 15;

#[derive(Debug)]
pub(super) struct Chunks {
    at: At,
    /// Of the extension or the trailers that are read.
    seen: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Size { digits: u8, value: u64 },
    Extension { value: u64 },
    SizeLineFeed { value: u64 },
    Data { left: u64 },
    DataReturn,
    DataLineFeed,
    TrailerStart,
    Trailer,
    TrailerLineFeed,
    LastLineFeed,
}

const SIZE: At = At::Size { digits: 0, value: 0 };

impl Default for Chunks {
    fn default() -> Self {
        Self { at: SIZE, seen: 0 }
    }
}

impl Chunks {
    /// How many of these bytes belong to the body, and whether it has ended with them.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(usize, bool), Refusal> {
        let mut taken = 0;
        while let Some(&byte) = bytes.get(taken) {
            match self.at {
                At::Data { left } => {
                    let step = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - taken);
                    let left = left - step as u64;
                    self.at = if left == 0 { At::DataReturn } else { At::Data { left } };
                    taken += step;
                }
                At::Extension { value } => {
                    let step = self.skip_to_return(&bytes[taken..], LONGEST_EXTENSION)?;
                    taken += step.length;
                    if step.found {
                        self.at = At::SizeLineFeed { value };
                    }
                }
                At::Trailer => {
                    let step = self.skip_to_return(&bytes[taken..], LARGEST_TRAILERS)?;
                    taken += step.length;
                    if step.found {
                        self.at = At::TrailerLineFeed;
                    }
                }
                At::LastLineFeed if byte == b'\n' => return Ok((taken + 1, true)),
                at => {
                    self.at = next(at, byte)?;
                    taken += 1;
                    if matches!(self.at, At::Extension { .. } | At::Data { .. }) {
                        self.seen = 0;
                    }
                }
            }
        }
        Ok((taken, false))
    }

    /// Skips text of a line, its CR included.
    fn skip_to_return(&mut self, bytes: &[u8], limit: usize) -> Result<Skipped, Refusal> {
        let end = memchr3(b'\r', b'\n', 0, bytes);
        if end.is_some_and(|end| bytes[end] != b'\r') {
            return Err(Refusal::BadChunk);
        }
        let length = end.map_or(bytes.len(), |end| end + 1);
        self.seen += length;
        if self.seen > limit {
            return Err(Refusal::BadChunk);
        }
        Ok(Skipped { length, found: end.is_some() })
    }
}

struct Skipped {
    length: usize,
    found: bool,
}

/// The places where every byte counts.
fn next(at: At, byte: u8) -> Result<At, Refusal> {
    Ok(match (at, byte) {
        (At::Size { digits, value }, _) if byte.is_ascii_hexdigit() && digits < MOST_DIGITS => {
            let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
            At::Size { digits: digits + 1, value: value * 16 + digit }
        }
        (At::Size { digits: 1.., value }, b';') => At::Extension { value },
        (At::Size { digits: 1.., value }, b'\r') => At::SizeLineFeed { value },
        (At::SizeLineFeed { value: 0 }, b'\n') => At::TrailerStart,
        (At::SizeLineFeed { value }, b'\n') => At::Data { left: value },
        (At::DataReturn, b'\r') => At::DataLineFeed,
        (At::DataLineFeed, b'\n') => SIZE,
        (At::TrailerStart, b'\r') => At::LastLineFeed,
        (At::TrailerStart, byte) if byte.is_ascii_graphic() && byte != b':' => At::Trailer,
        (At::TrailerLineFeed, b'\n') => At::TrailerStart,
        _ => return Err(Refusal::BadChunk),
    })
}
