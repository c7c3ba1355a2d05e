//! A text of many lines in parts, so that a page draws again only what has changed; and what is found in it. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use super::style::Style;

/// A part of the text. A line is never in two of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Counts up in one text.
    pub(crate) id: u64,
    /// Another one whenever it has changed.
    pub(crate) version: u64,
    pub(super) text: String,
    /// From which byte on it is drawn how.
    styles: Vec<(usize, Style)>,
}

/// A piece that is drawn in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run<'a> {
    pub(crate) text: &'a str,
    pub(crate) style: Style,
    /// It was searched for; whether it is the one that is looked at.
    pub(crate) found: Option<bool>,
}

impl Chunk {
    pub(super) fn new(id: u64, version: u64) -> Self {
        Self { id, version, ..Self::default() }
    }

    pub(super) fn push(&mut self, c: char, style: Style) {
        if self.style_at(self.text.len()) != style {
            self.styles.push((self.text.len(), style));
        }
        self.text.push(c);
    }

    /// Takes away what there is of the last line.
    pub(super) fn clear_line(&mut self) {
        let end = self.text.rfind('\n').map_or(0, |at| at + 1);
        self.text.truncate(end);
        self.styles.retain(|(from, _)| *from < end);
    }

    /// Takes away so many bytes from the front, which end where a character does.
    pub(super) fn cut(&mut self, bytes: usize) {
        let first = (0, self.style_at(bytes));
        self.text.drain(..bytes);
        let later = self.styles.iter().filter(|(from, _)| *from > bytes).map(|(from, style)| (from - bytes, *style));
        self.styles = std::iter::once(first).chain(later).collect();
    }

    fn style_at(&self, byte: usize) -> Style {
        let before = self.styles.partition_point(|(from, _)| *from <= byte);
        before.checked_sub(1).and_then(|last| self.styles.get(last)).map_or_else(Style::default, |(_, style)| *style)
    }

    /// The pieces of it, in which `found` is marked.
    pub(crate) fn runs(&self, found: &[(Range<usize>, bool)]) -> Vec<Run<'_>> {
        let mut cuts: BTreeSet<usize> = self.styles.iter().map(|(from, _)| *from).collect();
        cuts.extend(found.iter().flat_map(|(range, _)| [range.start, range.end]));
        cuts.extend([0, self.text.len()]);
        let cuts: Vec<usize> = cuts.into_iter().collect();
        let run = |pair: &[usize]| {
            let &[from, to] = pair else { return None };
            let at = found.partition_point(|(range, _)| range.end <= from);
            let here = found.get(at).filter(|(range, _)| range.contains(&from));
            let found = here.map(|(_, is_current)| *is_current);
            Some(Run { text: self.text.get(from..to)?, style: self.style_at(from), found })
        };
        cuts.windows(2).filter_map(run).collect()
    }
}

/// Where a text was found, by the chunk it is in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found(BTreeMap<u64, Vec<Range<usize>>>);

impl Found {
    /// More are not marked.
    pub(crate) const MOST: usize = 1000;

    /// Letters of the English alphabet are found in either case.
    pub(crate) fn of(chunks: &[Arc<Chunk>], wanted: &str) -> Self {
        let (wanted, mut found, mut left) = (wanted.to_ascii_lowercase(), BTreeMap::new(), Self::MOST);
        if wanted.is_empty() {
            return Self(found);
        }
        for chunk in chunks {
            let text = chunk.text.to_ascii_lowercase();
            let here = text.match_indices(&wanted).take(left).map(|(at, text)| at..at + text.len());
            let here: Vec<Range<usize>> = here.collect();
            left -= here.len();
            found.insert(chunk.id, here);
        }
        Self(found)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Those in this chunk; the `nth` of all is the one that is looked at.
    pub(crate) fn in_chunk(&self, id: u64, nth: usize) -> Vec<(Range<usize>, bool)> {
        let before: usize = self.0.range(..id).map(|(_, found)| found.len()).sum();
        let here = self.0.get(&id).into_iter().flatten().cloned().enumerate();
        here.map(|(place, range)| (range, before + place == nth)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn red() -> Style {
        let mut style = Style::default();
        style.take_in("31");
        style
    }

    /// `!` is drawn in red.
    fn chunk(id: u64, text: &str) -> Chunk {
        let mut chunk = Chunk { id, ..Chunk::default() };
        text.chars().for_each(|c| chunk.push(c, if c == '!' { red() } else { Style::default() }));
        chunk
    }

    fn texts(chunk: &Chunk, found: &[(Range<usize>, bool)]) -> Vec<(String, bool, Option<bool>)> {
        let runs = chunk.runs(found).into_iter();
        runs.map(|run| (run.text.to_owned(), run.style == red(), run.found)).collect()
    }

    #[test]
    fn a_text_falls_into_pieces_by_style_and_by_what_was_found() {
        let chunk = chunk(1, "ü!!bc");
        let plain = [("ü".to_owned(), false, None), ("!!".to_owned(), true, None), ("bc".to_owned(), false, None)];
        assert_eq!(texts(&chunk, &[]), plain);
        let found = [("ü".to_owned(), false, None), ("!".to_owned(), true, None), ("!".to_owned(), true, Some(true))];
        let rest = [("b".to_owned(), false, Some(true)), ("c".to_owned(), false, None)];
        assert_eq!(texts(&chunk, &[(3..5, true)]), [&found[..], &rest].concat());
        assert!(texts(&Chunk::default(), &[]).is_empty());
    }

    #[test]
    fn what_is_cut_or_written_over_takes_its_style_with_it() {
        let mut cut = chunk(1, "a!!b");
        cut.cut(2);
        assert_eq!(texts(&cut, &[]), [("!".to_owned(), true, None), ("b".to_owned(), false, None)]);
        let mut cleared = chunk(1, "a\n!!");
        cleared.clear_line();
        cleared.push('b', Style::default());
        assert_eq!(texts(&cleared, &[]), [("a\nb".to_owned(), false, None)]);
    }

    #[test]
    fn a_text_is_found_in_all_chunks_and_counted_up_to_a_bound() {
        let chunks = [Arc::new(chunk(1, "Error: ü error\n")), Arc::new(chunk(2, "no ERROR")), Arc::new(chunk(3, "x"))];
        let found = Found::of(&chunks, "error");
        assert_eq!(found.count(), 3);
        assert_eq!(found.in_chunk(1, 1), [(0..5, false), (10..15, true)]);
        assert_eq!(found.in_chunk(2, 2), [(3..8, true)]);
        assert!(found.in_chunk(3, 2).is_empty());
        assert_eq!(Found::of(&chunks, ""), Found::default());
        let many = [Arc::new(chunk(1, &"a".repeat(900))), Arc::new(chunk(2, &"a".repeat(900)))];
        assert_eq!(Found::of(&many, "A").count(), Found::MOST);
    }
}
