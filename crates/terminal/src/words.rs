//! The sentences a person reads about a terminal. Knows no markup.

use catalogue::t;
use wire::terminal::{Exit, Size};

use terminal_session::status::{Ending, Link, Status};
use terminal_session::{KEPT_INPUT, Notice};

/// xterm.js itself could not be fetched.
pub fn not_loaded() -> String {
    t!("terminal-not-loaded")
}

/// The browser keeps the clipboard to itself.
pub fn no_clipboard() -> String {
    t!("terminal-no-clipboard")
}

/// A tab's name: where it is and what runs there.
pub fn tab(node: &str, title: &str) -> String {
    let title = title.trim();
    if title.is_empty() { node.to_owned() } else { format!("{node} · {title}") }
}

/// Why a terminal is over.
pub fn ending(ending: Ending, node: &str) -> String {
    match ending {
        Ending::Exited(Exit::Code(0)) => t!("terminal-ended"),
        Ending::Exited(Exit::Code(code)) => t!("terminal-ended-code", code = code.to_string()),
        Ending::Exited(Exit::Signal(1)) => t!("terminal-ended-closed"),
        Ending::Exited(Exit::Signal(signal)) => t!("terminal-ended-signal", signal = signal.to_string()),
        Ending::Gone => t!("terminal-ended-gone", node = node),
        Ending::NodeStopped => t!("terminal-ended-node", node = node),
        Ending::SignedOut => t!("terminal-ended-signed-out"),
    }
}

/// The figures at the right: how long a key takes to the node and back, and the size.
pub fn figures(status: &Status) -> String {
    let round_trip = status.round_trip_ms.filter(|_| status.link == Link::Live).map(|ms| match ms {
        0 => t!("terminal-fast"),
        ms => t!("terminal-milliseconds", n = ms),
    });
    let size = status.size.map(size);
    [round_trip, size].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A size as columns × rows.
pub fn size(size: Size) -> String {
    format!("{}×{}", size.cols(), size.rows())
}

/// Another window decides the size.
pub fn foreign_size(other: Size) -> String {
    t!("terminal-foreign-size", size = size(other))
}

/// What happened that the person should know.
pub fn notice(notice: &Notice) -> String {
    match notice {
        Notice::InputFull => {
            let limit = KEPT_INPUT / (1024 * 1024);
            t!("terminal-input-full", limit = limit)
        }
        Notice::Refused { message, .. } => {
            let mut characters = message.chars();
            let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
            format!("{first}{}.", characters.as_str().trim_end_matches('.'))
        }
    }
}

/// The state of a connection for those who cannot see the thin line.
pub fn link(link: &Link) -> String {
    match link {
        Link::Idle => String::new(),
        Link::Connecting => t!("terminal-link-connecting"),
        Link::Live => t!("terminal-link-live"),
        Link::Reconnecting => t!("terminal-link-reconnecting"),
        Link::Ended(_) => t!("terminal-link-ended"),
    }
}

/// How many places the search found.
pub fn matches(index: i32, count: u32) -> String {
    match (u32::try_from(index), count) {
        (_, 0) => t!("terminal-found-nothing"),
        (Ok(index), count) => t!("terminal-found", index = index + 1, count = count),
        (Err(_), count) => t!("terminal-found-many", count = count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_says_where_and_what() {
        assert_eq!(tab("node-0", "bash"), "node-0 · bash");
        assert_eq!(tab("node-0", " "), "node-0");
    }

    #[test]
    fn the_exit_code_is_told_unless_all_went_well() {
        assert_eq!(ending(Ending::Exited(Exit::Code(0)), "node-0"), "The program ended.");
        assert_eq!(ending(Ending::Exited(Exit::Code(137)), "node-0"), "The program ended with exit code 137.");
        assert_eq!(ending(Ending::Exited(Exit::Signal(9)), "node-0"), "The program was ended by signal 9.");
    }

    #[test]
    fn figures_of_a_lost_connection_show_no_round_trip() {
        let size = Size::new(118, 24).ok();
        let live = Status { link: Link::Live, round_trip_ms: Some(2), size, room: size };
        assert_eq!(figures(&live), "2 ms · 118×24");
        assert_eq!(figures(&Status { link: Link::Reconnecting, ..live }), "118×24");
        assert_eq!(figures(&Status::default()), "");
    }

    #[test]
    fn a_search_says_where_it_is() {
        assert_eq!(matches(0, 12), "1 of 12");
        assert_eq!(matches(-1, 0), "nothing found");
        assert_eq!(matches(-1, 1000), "more than 1000");
    }

    #[test]
    fn a_refusal_is_a_sentence() {
        let refused = Notice::Refused { code: "bad_size".into(), message: "a terminal has 1 to 1000 columns".into() };
        assert_eq!(notice(&refused), "A terminal has 1 to 1000 columns.");
    }
}
