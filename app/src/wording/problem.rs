//! A problem in the page's language. The server says what happened in English (that is the interface other programs read);
//! what a code alone tells, the console says itself. Decides by codes, never by a text.

use catalogue::{Language, find_in, language};
use wire::problem::{Code, Problem};

/// A sentence, and whether it is the server's own in a page of another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) foreign: bool,
}

fn key(code: Code) -> String {
    format!("problem-{}", code.as_str().replace('_', "-"))
}

/// What kind of problem it is.
pub(crate) fn title(problem: &Problem) -> String {
    title_in(language(), problem)
}

/// A text of the server's: a reason, or what is wrong about a field.
pub(crate) fn of_server(text: String) -> Said {
    Said { text, foreign: language() != Language::English }
}

/// A text of the console's, which is in the page's language.
pub(crate) fn ours(text: impl Into<String>) -> Said {
    Said { text: text.into(), foreign: false }
}

/// What the server found wrong about a field.
pub(crate) fn about(problem: Option<&Problem>, field: &str) -> Option<Said> {
    problem?.about(field).map(|rule| of_server(rule.to_owned()))
}

/// What happened and what to do: the server's sentence, which knows more than a code, where it is in the page's language.
pub(crate) fn detail(problem: &Problem) -> Said {
    detail_in(language(), problem)
}

fn title_in(language: Language, problem: &Problem) -> String {
    find_in(language, &key(problem.code)).unwrap_or_else(|| problem.title.clone())
}

fn detail_in(language: Language, problem: &Problem) -> Said {
    if language == Language::English {
        return Said { text: problem.detail.clone(), foreign: false };
    }
    match find_in(language, &format!("{}-detail", key(problem.code))) {
        Some(text) => Said { text, foreign: false },
        None => Said { text: problem.detail.clone(), foreign: true },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_title_in_every_language() {
        for language in Language::ALL {
            for code in Code::ALL {
                assert!(find_in(language, &key(*code)).is_some(), "{} in {}", code.as_str(), language.name());
            }
        }
    }

    #[test]
    fn the_english_titles_are_those_of_the_interface() {
        for code in Code::ALL {
            assert_eq!(find_in(Language::English, &key(*code)).as_deref(), Some(code.title()));
        }
    }

    #[test]
    fn a_sentence_that_no_code_tells_stays_the_servers_and_says_so() {
        let problem = Problem::new(Code::Conflict, "lab is being deleted.");
        let said = detail_in(Language::German, &problem);
        assert_eq!(said, Said { text: "lab is being deleted.".into(), foreign: true });
        assert_eq!(title_in(Language::German, &problem), "Gerade nicht möglich");
        assert!(!detail_in(Language::English, &problem).foreign);
    }

    #[test]
    fn what_a_code_tells_is_said_in_the_pages_language() {
        let problem = Problem::new(Code::SignInFailed, "user name or password is wrong");
        let said = detail_in(Language::German, &problem);
        assert_eq!(said, Said { text: "Benutzername oder Passwort ist falsch.".into(), foreign: false });
    }
}
