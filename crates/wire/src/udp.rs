//! `docklet.udp.v1`: datagrams to and from a UDP port of a node, over a WebSocket. Knows nothing of what is in them.
//!
//! A binary message is one datagram, an empty one too. To the node's programs all datagrams of one WebSocket come from one
//! address, so each peer that wants its own answers has a WebSocket of its own. As UDP does, this promises nothing: a datagram
//! that finds no room is lost, and that nobody listens is no error. The server closes with 1000 when the node does not run
//! any more; the other close codes are those of terminals (docs/TERMINAL.md). Clients send pings as with `docklet.port.v1`.
//!
//! On a stream without messages each datagram follows its length as a big-endian `u32`.

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "docklet.udp.v1";
/// Most bytes of a datagram: as many as IPv4 allows.
pub const MAX_DATAGRAM: usize = 65_507;
