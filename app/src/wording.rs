//! Plain words and numbers for what the console shows. Pure: data in, text out; no signal, no view.

pub(crate) mod amount;
pub(crate) mod array;
pub(crate) mod browser;
pub(crate) mod job;
pub(crate) mod notice;
pub(crate) mod opened;
pub(crate) mod problem;
pub(crate) mod time;
pub(crate) mod usage;
pub(crate) mod vcluster;

/// The text with a capital first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}

#[cfg(test)]
pub(crate) mod samples;
