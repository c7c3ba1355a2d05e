//! Tab stops.

/// Every eighth column, until a program wants otherwise.
const EVERY: usize = 8;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tabs {
    stops: Vec<bool>,
    /// No program has changed them.
    usual: bool,
}

impl Tabs {
    pub(crate) fn new(cols: usize) -> Self {
        Self { stops: (0..cols).map(|col| col % EVERY == 0).collect(), usual: true }
    }

    pub(crate) fn are_usual(&self) -> bool {
        self.usual
    }

    /// The columns with a stop.
    pub(crate) fn stops(&self) -> impl Iterator<Item = usize> {
        self.stops.iter().enumerate().filter(|(_, stop)| **stop).map(|(col, _)| col)
    }

    pub(crate) fn set(&mut self, col: usize, stop: bool) {
        if let Some(place) = self.stops.get_mut(col) {
            self.usual &= *place == stop;
            *place = stop;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.stops.fill(false);
        self.usual = false;
    }

    /// The next stop to the right, or the last column.
    pub(crate) fn next(&self, col: usize) -> usize {
        let last = self.stops.len() - 1;
        (col + 1..self.stops.len()).find(|&at| self.stops[at]).unwrap_or(last).min(last)
    }

    /// The next stop to the left, or the first column.
    pub(crate) fn previous(&self, col: usize) -> usize {
        (0..col.min(self.stops.len())).rev().find(|&at| self.stops[at]).unwrap_or(0)
    }

    /// For another width: new columns get the usual stops.
    pub(crate) fn resize(&mut self, cols: usize) {
        let old = self.stops.len();
        self.stops.truncate(cols);
        self.stops.extend((old..cols).map(|col| col % EVERY == 0));
    }
}
