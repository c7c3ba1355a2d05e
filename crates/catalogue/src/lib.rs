//! What the console says: every sentence by its key, in English and German. Knows languages and Fluent; knows no page and
//! no vcluster.
//!
//! Write a text as `t!("vcluster-nodes", n = 2)`. The key and the names of the arguments are checked when the program is
//! compiled; that German has the same ones is checked by the tests. The text stands in `text/<language>/<area>.ftl`.
//!
//! A page speaks one language for as long as it lives. On the server it is the request's ([`Language`] as a context of its
//! owner); in the browser it is the one the server wrote on `<html lang>` ([`speak`]). So both first renders say the same.

mod bundle;
mod language;
mod marks;

pub use fluent_bundle::FluentValue as Value;

pub use crate::{
    bundle::{decimal, find_in, say_in, sources},
    language::{COOKIE, Language, language, speak},
    marks::{Part, parts},
};

include!(concat!(env!("OUT_DIR"), "/keys.rs"));

/// The text of a message in the language of this page: `t!("key")` or `t!("key", name = value, …)`, a `String`.
#[macro_export]
macro_rules! t {
    ($key:tt $(, $name:ident = $value:expr)* $(,)?) => {{
        const { $crate::check($crate::arguments_of!($key), &[$(stringify!($name)),*]) };
        $crate::say($key, &[$((stringify!($name), $crate::Value::from($value))),*])
    }};
}

/// What [`t!`] becomes.
#[doc(hidden)]
pub fn say(key: &str, arguments: &[(&'static str, Value<'_>)]) -> String {
    say_in(language(), key, arguments)
}

/// Stops the compiler unless a message is given the arguments it has, in whatever order.
#[doc(hidden)]
pub const fn check(has: &[&str], given: &[&str]) {
    assert!(has.len() == given.len(), "this message has another number of arguments");
    let mut nth = 0;
    while nth < given.len() {
        assert!(contains(has, given[nth]), "this message has no argument of this name");
        nth += 1;
    }
}

const fn contains(all: &[&str], one: &str) -> bool {
    let mut nth = 0;
    while nth < all.len() {
        if same(all[nth].as_bytes(), one.as_bytes()) {
            return true;
        }
        nth += 1;
    }
    false
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut nth = 0;
    while nth < left.len() {
        if left[nth] != right[nth] {
            return false;
        }
        nth += 1;
    }
    true
}
