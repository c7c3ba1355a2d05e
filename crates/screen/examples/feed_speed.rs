//! How fast the screen model takes in output: plain floods, text that fills lines, colours, full-screen programs, CJK.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use screen::Screen;
use wire::terminal::Size;

/// Makes the line of a number.
type Recipe = Box<dyn Fn(usize) -> String>;

fn main() -> Result<(), Box<dyn Error>> {
    let text = "the quick brown fox jumps over the lazy dog; ".repeat(3);
    let recipes: [(&str, Recipe); 6] = [
        ("yes", Box::new(|_| "y\r\n".into())),
        ("text of 78 columns", Box::new(move |_| format!("{}\r\n", &text[..78]))),
        ("seq", Box::new(|n| format!("{n}\r\n"))),
        (
            "coloured listing",
            Box::new(|n| format!("\x1b[0m\x1b[01;34mdirectory{n}\x1b[0m  \x1b[01;32mfile{n}\x1b[0m\r\n")),
        ),
        ("CJK", Box::new(|n| format!("漢字かな交じり文{n}\r\n"))),
        ("full screen", Box::new(|n| format!("\x1b[{};{}H\x1b[3{}mtop {n}\x1b[K", n % 24 + 1, n % 60 + 1, n % 8))),
    ];
    for (name, line) in recipes {
        let stream: String = (0..)
            .map(line)
            .scan(0, |sum, line| {
                *sum += line.len();
                (*sum < 64 << 20).then_some(line)
            })
            .collect();
        let mut screen = Screen::new(Size::DEFAULT);
        let start = Instant::now();
        stream.as_bytes().chunks(256 * 1024).for_each(|piece| screen.feed(piece));
        let seconds = start.elapsed().as_secs_f64();
        let snapshot = screen.snapshot().len();
        let speed = stream.len() as f64 / seconds / 1e6;
        writeln!(std::io::stdout(), "{name:20} {speed:7.0} MB/s, snapshot of {snapshot} bytes")?;
    }
    Ok(())
}
