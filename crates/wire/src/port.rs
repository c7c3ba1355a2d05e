//! `docklet.port.v1`: a TCP connection to a port of a node, over a WebSocket. Knows nothing of what is spoken over it.
//!
//! A binary message is the connection's next bytes, as many as there are at the moment; where one message ends and the next
//! begins means nothing. An empty binary message says that this side sends no more, as a TCP half-close does: after it no
//! binary message may follow from that side, and the other direction goes on. When both sides have said so, the server closes
//! with 1000. A stream that is closed before was broken off; the close codes are those of terminals
//! (docs/TERMINAL.md).
//!
//! Backpressure is the WebSocket's own: who does not read is not sent more. So a client that waits for its own reader cannot
//! answer the server's pings meanwhile. It sends pings of its own: who says nothing at all for 25 s is given up.

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "docklet.port.v1";
/// Most bytes of any message, in both directions.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// How often a client sends a ping, in seconds.
pub const PING_SECONDS: u64 = 10;
