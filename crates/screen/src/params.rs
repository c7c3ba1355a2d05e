//! The numbers of a control sequence: `4;38:2::10:20:30`.

/// Numbers kept; further ones are ignored.
const MOST: usize = 48;

/// Parameters, each with the sub-parameters that follow it after colons.
#[derive(Debug, Clone)]
pub(crate) struct Params {
    values: [u16; MOST],
    /// A bit for each value that is a sub-parameter.
    sub: u64,
    len: usize,
    full: bool,
}

impl Default for Params {
    fn default() -> Self {
        Self { values: [0; MOST], sub: 0, len: 1, full: false }
    }
}

impl Params {
    /// No numbers: one empty parameter.
    pub(crate) fn clear(&mut self) {
        self.values[0] = 0;
        self.sub = 0;
        self.len = 1;
        self.full = false;
    }

    /// Takes a digit, `;` or `:`.
    pub(crate) fn push(&mut self, byte: u8) {
        if byte >= b':' {
            self.full |= self.len == MOST;
            if !self.full {
                self.values[self.len] = 0;
                self.sub |= u64::from(byte == b':') << self.len;
                self.len += 1;
            }
        } else if !self.full {
            let value = &mut self.values[self.len - 1];
            *value = value.saturating_mul(10).saturating_add(u16::from(byte - b'0'));
        }
    }

    /// The main parameters, without sub-parameters.
    pub(crate) fn main(&self) -> impl Iterator<Item = u16> {
        self.groups().map(|group| group.value)
    }

    /// The parameter at a place, or `default` if it is missing or 0.
    pub(crate) fn or(&self, index: usize, default: u16) -> usize {
        let value = self.main().nth(index).filter(|&value| value != 0).unwrap_or(default);
        usize::from(value)
    }

    /// The first parameter; 0 if it is missing.
    pub(crate) fn first(&self) -> u16 {
        self.values[0]
    }

    /// Each parameter with its sub-parameters.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        (0..self.len).filter(|at| self.sub >> at & 1 == 0).map(|at| {
            let end = (at + 1..self.len).find(|next| self.sub >> next & 1 == 0).unwrap_or(self.len);
            Group { value: self.values[at], sub: &self.values[at + 1..end] }
        })
    }
}

/// A parameter and its sub-parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group<'a> {
    pub(crate) value: u16,
    /// Missing ones are 0.
    pub(crate) sub: &'a [u16],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Params {
        let mut params = Params::default();
        text.bytes().for_each(|byte| params.push(byte));
        params
    }

    #[test]
    fn numbers_are_split_at_semicolons_and_colons() {
        let params = params("4:3;;38:2::1:2:70000;7");
        let groups: Vec<_> = params.groups().map(|group| (group.value, group.sub.to_vec())).collect();
        let expected = [(4, vec![3]), (0, vec![]), (38, vec![2, 0, 1, 2, u16::MAX]), (7, vec![])];
        assert_eq!(groups, expected);
        assert_eq!(params.or(1, 9), 9);
    }

    #[test]
    fn too_many_numbers_are_ignored() {
        let params = params(&"1;".repeat(500));
        assert_eq!(params.main().count(), MOST);
    }
}
