//! Where the server answers for terminals. Knows paths only, and no user.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use wire::terminal::Size;

use terminal_session::Start;

/// `GET` lists a node's terminals, `POST` opens one.
pub fn terminals(vcluster: &str, node: &str) -> String {
    format!("/api/v1/vclusters/{}/nodes/{}/terminals", segment(vcluster), segment(node))
}

/// `DELETE` closes this terminal.
pub fn terminal(vcluster: &str, node: &str, terminal: &str) -> String {
    format!("{}/{}", terminals(vcluster, node), segment(terminal))
}

/// The WebSocket of this terminal. `client`: the viewer's own 32 hexadecimal digits.
pub fn stream(vcluster: &str, node: &str, id: &str, client: &str, start: Start, size: Size) -> String {
    let from = match start {
        Start::Snapshot => "snapshot".to_owned(),
        Start::At(offset) => offset.to_string(),
    };
    let path = terminal(vcluster, node, id);
    format!("{path}?client={client}&from={from}&cols={}&rows={}", size.cols(), size.rows())
}

/// Everything but the characters our ids and names have.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// One path segment.
fn segment(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_says_who_looks_from_where_and_how_large() {
        let size = Size::new(120, 30).expect("a size within the limits");
        assert_eq!(
            stream("7f3a", "node-0", "t_1", "00ff", Start::At(42), size),
            "/api/v1/vclusters/7f3a/nodes/node-0/terminals/t_1?client=00ff&from=42&cols=120&rows=30"
        );
        assert_eq!(
            stream("7f3a", "node-0", "t_1", "00ff", Start::Snapshot, size),
            "/api/v1/vclusters/7f3a/nodes/node-0/terminals/t_1?client=00ff&from=snapshot&cols=120&rows=30"
        );
    }

    #[test]
    fn nothing_in_a_name_can_leave_its_segment() {
        assert_eq!(terminals("../x", "a/b?c"), "/api/v1/vclusters/%2E%2E%2Fx/nodes/a%2Fb%3Fc/terminals");
    }
}
