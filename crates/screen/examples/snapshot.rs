//! Prints the snapshot of a screen of the given size that took standard input: `snapshot COLS ROWS [COLSxROWS@OFFSET]…`.
//! For looking at snapshots, and for comparing them with other terminals' idea of the same output.

use std::error::Error;
use std::io::{Read, Write};

use screen::Screen;
use wire::terminal::Size;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().ok_or("usage: snapshot COLS ROWS [COLSxROWS@OFFSET]…");
    let size = Size::new(number()?.parse()?, number()?.parse()?)?;
    let mut output = Vec::new();
    std::io::stdin().read_to_end(&mut output)?;
    let mut screen = Screen::new(size);
    let mut at = 0;
    for resize in arguments {
        let (size, offset) = resize.split_once('@').ok_or("a resize is COLSxROWS@OFFSET")?;
        let (cols, rows) = size.split_once('x').ok_or("a resize is COLSxROWS@OFFSET")?;
        let offset = offset.parse::<usize>()?.min(output.len());
        screen.feed(&output[at.min(offset)..offset]);
        screen.resize(Size::new(cols.parse()?, rows.parse()?)?);
        at = offset;
    }
    screen.feed(&output[at..]);
    std::io::stdout().write_all(&screen.snapshot())?;
    Ok(())
}
