//! Fluent behind one function. A language is parsed when it is first spoken.

use std::sync::OnceLock;

use fluent_bundle::{
    FluentArgs, FluentError, FluentResource, FluentValue,
    concurrent::FluentBundle,
    types::{FluentNumber, FluentNumberOptions},
};
use unic_langid::{LanguageIdentifier, langid};

use crate::Language;

mod files {
    include!(concat!(env!("OUT_DIR"), "/sources.rs"));
}

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: OnceLock<Bundle> = OnceLock::new();
static GERMAN: OnceLock<Bundle> = OnceLock::new();

/// The files of one language, for the tests that compare them.
#[doc(hidden)]
pub fn sources(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => files::EN,
        Language::German => files::DE,
    }
}

fn bundle(language: Language) -> &'static Bundle {
    match language {
        Language::English => ENGLISH.get_or_init(|| read(language, langid!("en"))),
        Language::German => GERMAN.get_or_init(|| read(language, langid!("de"))),
    }
}

fn read(language: Language, id: LanguageIdentifier) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![id]);
    // The marks around arguments are for texts of mixed direction; ours all go to the right.
    bundle.set_use_isolating(false);
    if language == Language::German {
        bundle.set_formatter(Some(|value, _| with_comma(value)));
    }
    for source in sources(language) {
        // What cannot be parsed is left out, and so is a key that is there already: the tests find both.
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// A number that is shown with this many decimals, also where they are zero.
pub fn decimal(value: f64, digits: usize) -> FluentValue<'static> {
    let options = FluentNumberOptions {
        minimum_fraction_digits: Some(digits),
        maximum_fraction_digits: Some(digits),
        ..FluentNumberOptions::default()
    };
    FluentValue::Number(FluentNumber::new(value, options))
}

fn with_comma(value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(number.as_string().replace('.', ",")),
        _ => None,
    }
}

/// The text of a message that is named by a code of the server's; `None` if this language has none.
pub fn find_in(language: Language, key: &str) -> Option<String> {
    format(language, key, &FluentArgs::new())
}

/// The text of `key`; in English where the language has none, and the key itself where English has none.
pub fn say_in(language: Language, key: &str, arguments: &[(&'static str, FluentValue<'_>)]) -> String {
    let arguments: FluentArgs<'_> = arguments.iter().cloned().collect();
    format(language, key, &arguments)
        .or_else(|| format(Language::English, key, &arguments))
        .unwrap_or_else(|| key.to_owned())
}

fn format(language: Language, key: &str, arguments: &FluentArgs<'_>) -> Option<String> {
    let bundle = bundle(language);
    let pattern = bundle.get_message(key)?.value()?;
    let mut errors: Vec<FluentError> = Vec::new();
    let text = bundle.format_pattern(pattern, Some(arguments), &mut errors).into_owned();
    errors.is_empty().then_some(text)
}
