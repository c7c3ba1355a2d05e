//! How a piece of a job's output is drawn: what programs say about it to a terminal (`ESC [ 1 ; 31 m`, "SGR"). Colours become
//! the few that the page has, each of which can be read in both of its themes; grounds are left out. Pure.

/// The usual one is the page's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// One of [`CLASSES`].
    colour: Option<u8>,
    bold: bool,
}

/// In the order in which terminals count them; the eighth, white, is the page's own.
const CLASSES: [&str; 7] =
    ["ansi-grey", "ansi-red", "ansi-green", "ansi-yellow", "ansi-blue", "ansi-magenta", "ansi-cyan"];
/// Colours differ by more from grey, of 255.
const GREYISH: u8 = 40;

impl Style {
    /// The classes of an element that is drawn so.
    pub(crate) fn class(self) -> Option<String> {
        let colour = self.colour.and_then(|colour| CLASSES.get(usize::from(colour)).copied());
        let bold = self.bold.then_some("is-bold");
        let all: Vec<&str> = colour.into_iter().chain(bold).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    /// Takes in the parameters of a sequence. What is not understood changes nothing.
    pub(super) fn take_in(&mut self, parameters: &str) {
        let mut numbers = parameters.split([';', ':']).map(|number| match number {
            "" => Some(0),
            number => number.parse::<u8>().ok(),
        });
        while let Some(number) = numbers.next() {
            match number {
                Some(0) => *self = Self::default(),
                Some(1) => self.bold = true,
                Some(22) => self.bold = false,
                Some(39) => self.colour = None,
                Some(n @ (30..=37 | 90..=97)) => self.colour = of_eight(n % 10),
                Some(38) => self.colour = chosen(&mut numbers),
                // Of the ground, or of a line below.
                Some(48 | 58) => {
                    chosen(&mut numbers);
                }
                _ => {}
            }
        }
    }
}

fn of_eight(n: u8) -> Option<u8> {
    (n < 7).then_some(n)
}

/// `5 ; n` is one of 256, `2 ; r ; g ; b` any.
fn chosen(numbers: &mut impl Iterator<Item = Option<u8>>) -> Option<u8> {
    let mut next = || numbers.next().flatten();
    match next()? {
        5 => of_256(next()?),
        2 => of_light(next()?, next()?, next()?),
        _ => None,
    }
}

fn of_256(n: u8) -> Option<u8> {
    match n {
        0..=15 => of_eight(n % 8),
        16..=231 => {
            let (red, green, blue) = ((n - 16) / 36, (n - 16) / 6 % 6, (n - 16) % 6);
            of_light(red * 51, green * 51, blue * 51)
        }
        232..=243 => Some(0),
        244.. => None,
    }
}

/// The nearest of the eight.
fn of_light(red: u8, green: u8, blue: u8) -> Option<u8> {
    let (least, most) = (red.min(green).min(blue), red.max(green).max(blue));
    if most - least < GREYISH {
        return (most < 128).then_some(0);
    }
    let middle = least + (most - least) / 2;
    Some(u8::from(red > middle) + 2 * u8::from(green > middle) + 4 * u8::from(blue > middle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(sequences: &[&str]) -> String {
        let mut style = Style::default();
        sequences.iter().for_each(|parameters| style.take_in(parameters));
        style.class().unwrap_or_default()
    }

    #[test]
    fn colours_are_the_nearest_that_the_page_has() {
        for (parameters, expected) in [
            ("31", "ansi-red"),
            ("1;32", "ansi-green is-bold"),
            ("93", "ansi-yellow"),
            ("90", "ansi-grey"),
            ("37", ""),
            ("38;5;12", "ansi-blue"),
            ("38;5;220", "ansi-yellow"),
            ("38;5;201", "ansi-magenta"),
            ("38;5;236", "ansi-grey"),
            ("38;5;15", ""),
            ("38;2;0;200;200", "ansi-cyan"),
            ("38:2:250:250:250", ""),
        ] {
            assert_eq!(class(&[parameters]), expected, "{parameters}");
        }
    }

    #[test]
    fn a_style_lasts_until_it_is_ended_and_grounds_are_left_out() {
        assert_eq!(class(&["1;31", "22"]), "ansi-red");
        assert_eq!(class(&["1;31", "39"]), "is-bold");
        for reset in ["", "0", "0;0"] {
            assert_eq!(class(&["1;31", reset]), "");
        }
        assert_eq!(class(&["48;5;31;41;48;2;1;2;3;1"]), "is-bold", "what a ground is made of is no colour");
    }

    #[test]
    fn what_makes_no_sense_changes_nothing() {
        assert_eq!(class(&["31", "999", "?25", "38;5", "x;;y", "7;4"]), "", "a missing number is a reset");
        assert_eq!(class(&["31", "999;4;7"]), "ansi-red");
    }
}
