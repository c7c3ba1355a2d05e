//! Rows as bytes that print them again: text, SGR, and nothing that depends on where the cursor is.

use unicode_width::UnicodeWidthChar;

use crate::clusters::Clusters;
use crate::extras::Extras;
use crate::row::{Cell, Content, Row};
use crate::style::{Style, push_number};

/// The tables that cells' numbers lead to.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) clusters: Clusters,
    pub(crate) extras: Extras,
}

/// How a row goes on in the row after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The line ends: what is empty at the end need not be printed.
    LineEnds,
    /// The next row continues the line: this one must be printed to its last column, so that the terminal wraps.
    Wraps,
    /// The same, but the next row begins with a wide character, which wraps by itself from the last column.
    WrapsEarly,
}

impl Ending {
    /// Of a row with `next` below it.
    pub(crate) fn of(row: &Row, next: Option<&Row>) -> Self {
        match next {
            Some(next) if goes_on_early(row.cell(row.cols() - 1), next) => Ending::WrapsEarly,
            Some(next) if next.wrapped => Ending::Wraps,
            _ => Ending::LineEnds,
        }
    }
}

/// The row `next` goes on with a wide character that would leave just this `last` cell before it, if it were printed now.
pub(crate) fn goes_on_early(last: Cell, next: &Row) -> bool {
    let first = next.cell(0);
    next.wrapped && first.is_wide() && last == Cell::erased(first.style)
}

/// Appends one cell. Begins and ends in the default style.
pub(crate) fn push_cell(cell: Cell, tables: &Tables, out: &mut Vec<u8>) {
    push_cells(&[cell], Erase::Never, tables, out);
}

/// Appends a row. Begins and ends in the default style.
pub(crate) fn push_row(row: &Row, ending: Ending, tables: &Tables, out: &mut Vec<u8>) {
    let full = match ending {
        Ending::LineEnds => 0,
        Ending::Wraps => row.cols(),
        Ending::WrapsEarly => row.cols() - 1,
    };
    let used = row.used();
    let used = if ending == Ending::WrapsEarly { &used[..used.len().min(full)] } else { used };
    let end = used.iter().rposition(|cell| *cell != Cell::default()).map_or(0, |last| last + 1);
    if row.is_plain() {
        out.extend(used[..end].iter().map(|cell| if cell.is_nothing() { b' ' } else { cell.byte() }));
    } else {
        let erase = match ending {
            Ending::LineEnds => Erase::of(row),
            Ending::Wraps | Ending::WrapsEarly => Erase::Never,
        };
        push_cells(&used[..end], erase, tables, out);
    }
    out.extend(std::iter::repeat_n(b' ', full.saturating_sub(end)));
    if row.wrapped && end == 0 && ending == Ending::LineEnds {
        // Reached by printing: without anything printed the row would be lost.
        out.push(b' ');
    }
}

/// Appends the cells before a column, and moves on to that column if they end earlier.
pub(crate) fn push_cells_until(row: &Row, col: usize, tables: &Tables, out: &mut Vec<u8>) {
    let used = row.used();
    let cells = &used[..col.min(used.len())];
    let printed = cells.iter().rposition(|cell| *cell != Cell::default()).map_or(0, |last| last + 1);
    push_cells(&cells[..printed], Erase::Never, tables, out);
    if printed < col {
        push_count(col - printed, b'C', out);
    }
}

/// Appends the cells from a column on.
pub(crate) fn push_cells_from(row: &Row, col: usize, ending: Ending, tables: &Tables, out: &mut Vec<u8>) {
    let mut tail = row.clone();
    tail.delete(0, col, Style::default());
    tail.resize(row.cols() - col.min(row.cols()));
    push_row(&tail, ending, tables, out);
}

/// What to do with empty cells at the end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Erase {
    /// Print them as spaces.
    Never,
    /// Erase them, in a row of so many columns.
    Until {
        cols: usize,
        /// So many cells must be printed all the same.
        printed: usize,
        /// If the terminal had to scroll to get to this row, it filled it with the first cell's background.
        stained: bool,
    },
}

impl Erase {
    fn of(row: &Row) -> Self {
        let stained = row.wrapped && row.cell(0).style.background != Style::default().background;
        Erase::Until { cols: row.cols(), printed: usize::from(row.wrapped), stained }
    }
}

fn push_cells(cells: &[Cell], erase: Erase, tables: &Tables, out: &mut Vec<u8>) {
    let printed = match erase {
        Erase::Never => cells.len(),
        Erase::Until { printed, .. } => {
            cells.iter().rposition(|cell| !erasable(*cell)).map_or(0, |at| at + 1).max(printed).min(cells.len())
        }
    };
    let mut style = Style::default();
    for cell in &cells[..printed] {
        cell.style.switch_from(style, &tables.extras, out);
        style = cell.style;
        push_content(*cell, tables, out);
    }
    if let Erase::Until { cols, stained, .. } = erase {
        if stained && printed < cols {
            Style::default().switch_from(style, &tables.extras, out);
            style = Style::default();
            out.extend_from_slice(b"\x1b[K");
        }
        style = push_erased(cells, printed, cols, style, tables, out);
    }
    Style::default().switch_from(style, &tables.extras, out);
}

/// Erasing makes such a cell. (A wide character that wraps leaves empty cells with all its attributes, which erasing
/// does not make; those are printed as spaces.)
fn erasable(cell: Cell) -> bool {
    cell.is_nothing() && cell.style == cell.style.erased()
}

/// Cells that were erased with a background colour are erased again, one stretch of one colour after the other.
fn push_erased(
    cells: &[Cell],
    from: usize,
    cols: usize,
    mut style: Style,
    tables: &Tables,
    out: &mut Vec<u8>,
) -> Style {
    let mut at = from;
    while let Some(first) = cells.get(at) {
        let same = cells[at..].iter().take_while(|cell| *cell == first).count();
        first.style.switch_from(style, &tables.extras, out);
        style = first.style;
        at += same;
        if at == cols {
            out.extend_from_slice(b"\x1b[K");
        } else {
            push_count(same, b'X', out);
            push_count(same, b'C', out);
        }
    }
    style
}

fn push_count(count: usize, last: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    push_number(out, u32::try_from(count).unwrap_or(0));
    out.push(last);
}

/// Appends what a cell shows.
pub(crate) fn push_content(cell: Cell, tables: &Tables, out: &mut Vec<u8>) {
    match cell.content() {
        Content::Nothing => out.push(b' '),
        Content::Char(c) => {
            if c.width() == Some(0) {
                // A mark that stands alone must not join what is before it; any sequence keeps them apart.
                out.extend_from_slice(b"\x1b(B");
            }
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Content::Cluster(number) => out.extend_from_slice(tables.clusters.text(number).as_bytes()),
        Content::Tail => {}
    }
}
