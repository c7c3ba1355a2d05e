//! Sentences with something in them: `Type <b>lab</b> to confirm`. The catalogue marks the place, the page says what it is.

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// What stands between `<name>` and `</name>`.
    Marked {
        name: String,
        text: String,
    },
}

/// The pieces of `text`. Marks do not stand in each other; what is not a whole mark is text.
pub fn parts(text: &str) -> Vec<Part> {
    let (mut found, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        match marked(rest) {
            Some((name, inner, after)) => {
                if !plain.is_empty() {
                    found.push(Part::Text(std::mem::take(&mut plain)));
                }
                found.push(Part::Marked { name: name.to_owned(), text: inner.to_owned() });
                rest = after;
            }
            None => {
                plain.push('<');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        found.push(Part::Text(plain));
    }
    found
}

/// The mark at the beginning of `text`: its name, what it holds, what follows.
fn marked(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.strip_prefix('<')?.split_once('>')?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return None;
    }
    let end = format!("</{name}>");
    let (inner, after) = rest.split_once(end.as_str())?;
    Some((name, inner, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Part {
        Part::Text(text.into())
    }

    fn mark(name: &str, text: &str) -> Part {
        Part::Marked { name: name.into(), text: text.into() }
    }

    #[test]
    fn a_marked_sentence_falls_into_its_parts() {
        assert_eq!(parts("Type <b>lab</b> to confirm"), [text("Type "), mark("b", "lab"), text(" to confirm")]);
        assert_eq!(parts("<link>Help</link><b>!</b>"), [mark("link", "Help"), mark("b", "!")]);
        assert_eq!(parts("nothing"), [text("nothing")]);
        assert_eq!(parts(""), []);
    }

    #[test]
    fn what_is_no_mark_stays_text() {
        for odd in ["a < b > c", "<b>open", "</b>", "< 1 ms", "<", "<B>x</B>", "<>x</>", "ä<b"] {
            assert_eq!(parts(odd), [text(odd)], "{odd:?}");
        }
    }
}
