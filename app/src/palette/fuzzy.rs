//! Finding what a person means by a few letters: `tn0` finds *Terminal node-0*. Pure.

/// How well a text fits; more is better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fit {
    pub(crate) score: i32,
    /// The letters that fit, as positions among the text's characters, in order and once each.
    pub(crate) letters: Vec<usize>,
}

/// A letter right behind the one before.
const TOGETHER: i32 = 8;
/// A letter that begins a word.
const WORD: i32 = 7;
/// The very first letter of the text.
const FIRST: i32 = 4;
/// Each letter that is passed over, to a limit.
const PASSED: i32 = 1;
const MOST_PASSED: i32 = 12;

/// How well `query` fits `text`: each of its words must be there letter by letter, in any order of words. An empty query fits
/// everything equally.
pub(crate) fn fit(query: &str, text: &str) -> Option<Fit> {
    let text: Vec<char> = text.chars().map(fold).collect();
    let mut letters = Vec::new();
    let mut score = 0;
    for word in query.split_whitespace() {
        let word: Vec<char> = word.chars().map(fold).collect();
        let best = best(&word, &text)?;
        score += best.score;
        letters.extend(best.letters);
    }
    letters.sort_unstable();
    letters.dedup();
    // Of two that fit alike, the shorter one is nearer to what was typed.
    let length = i32::try_from(text.len()).unwrap_or(i32::MAX).min(200);
    Some(Fit { score: score * 16 - length, letters })
}

/// One character for one character, so that positions stay what they are.
fn fold(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// The best place of a word in the text, tried from everywhere it may begin.
fn best(word: &[char], text: &[char]) -> Option<Fit> {
    let starts = (0..text.len()).filter(|start| text.get(*start) == word.first());
    starts
        .filter_map(|start| from(word, text, start))
        .max_by_key(|fit| (fit.score, std::cmp::Reverse(fit.letters.clone())))
}

fn from(word: &[char], text: &[char], start: usize) -> Option<Fit> {
    let mut letters: Vec<usize> = Vec::with_capacity(word.len());
    for letter in word {
        let next = letters.last().map_or(start, |last| last + 1);
        // Of the places it may have, one that goes on or begins a word is meant.
        let rest = next..text.len();
        let goes_on = text.get(next) == Some(letter);
        let at = if goes_on {
            next
        } else {
            rest.clone()
                .find(|at| text[*at] == *letter && begins_word(text, *at))
                .or_else(|| rest.clone().find(|at| text[*at] == *letter))?
        };
        letters.push(at);
    }
    Some(Fit { score: score(text, &letters), letters })
}

fn score(text: &[char], letters: &[usize]) -> i32 {
    let mut score = 0;
    let mut before: Option<usize> = None;
    for at in letters {
        let passed = before.map_or(0, |before| i32::try_from(at - before - 1).unwrap_or(MOST_PASSED));
        if before.is_some() && passed == 0 {
            score += TOGETHER;
        } else if begins_word(text, *at) {
            score += WORD;
        }
        if *at == 0 {
            score += FIRST;
        }
        score -= passed.min(MOST_PASSED) * PASSED;
        before = Some(*at);
    }
    score
}

fn begins_word(text: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|before| text.get(before)) else { return true };
    !before.is_alphanumeric() || (before.is_alphabetic() && text[at].is_numeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts that fit, best first.
    fn ranked<'a>(query: &str, texts: &[&'a str]) -> Vec<&'a str> {
        let mut found: Vec<_> = texts.iter().filter_map(|text| Some((fit(query, text)?.score, *text))).collect();
        found.sort_by_key(|found| std::cmp::Reverse(found.0));
        found.into_iter().map(|found| found.1).collect()
    }

    #[test]
    fn letters_in_order_fit_and_others_do_not() {
        assert!(fit("tn0", "Terminal node-0").is_some());
        assert!(fit("0nt", "Terminal node-0").is_none());
        assert!(fit("terminals", "Terminal").is_none());
    }

    #[test]
    fn beginnings_of_words_win_over_letters_within_them() {
        assert_eq!(ranked("st", &["Restart lab", "Start lab"])[0], "Start lab");
        assert_eq!(ranked("nv", &["Never mind the vcluster", "New vcluster", "invite"])[0], "New vcluster");
        assert_eq!(ranked("lab", &["slab", "collab", "lab", "label"]), ["lab", "label", "slab", "collab"]);
    }

    #[test]
    fn words_may_come_in_any_order() {
        assert_eq!(ranked("lab stop", &["Stop lab", "Stop class"]), ["Stop lab"]);
        assert!(fit("lab start", "Stop lab").is_none());
    }

    #[test]
    fn neither_case_nor_accents_written_big_matter() {
        assert!(fit("ÜBER", "über").is_some());
        assert_eq!(fit("TERM", "terminal").map(|fit| fit.letters), Some(vec![0, 1, 2, 3]));
    }

    #[test]
    fn the_letters_that_fit_are_told_once_and_in_order() {
        assert_eq!(fit("n0 te", "Terminal node-0").map(|fit| fit.letters), Some(vec![0, 1, 9, 14]));
        assert_eq!(fit("", "anything").map(|fit| fit.letters), Some(Vec::new()));
    }

    #[test]
    fn of_two_that_fit_alike_the_shorter_is_first() {
        assert_eq!(ranked("node", &["node-10 of lab", "node-1"])[0], "node-1");
    }
}
