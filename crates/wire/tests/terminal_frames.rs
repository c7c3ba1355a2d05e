//! The frames of `docklet.terminal.v1`: their exact bytes, their limits, and that nothing else is taken for one.

use proptest::prelude::*;
use wire::terminal::{
    BadSize, ClientFrame, Exit, FrameError, MAX_CLIENT_FRAME, MAX_ERROR_MESSAGE, MAX_INPUT, MAX_NODE_FRAME, MAX_OUTPUT,
    NodeFrame, Size,
};

fn client(frame: ClientFrame<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    bytes
}

fn node(frame: NodeFrame<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    bytes
}

fn size(cols: u16, rows: u16) -> Size {
    Size::new(cols, rows).expect("a size")
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    let number = 0x0102_0304_0506_0708;
    let eight = [1, 2, 3, 4, 5, 6, 7, 8];
    assert_eq!(client(ClientFrame::Input { seq: number, bytes: b"ab" }), [&[0x01], &eight[..], b"ab"].concat());
    assert_eq!(client(ClientFrame::Resize { cols: 80, rows: 0x0203 }), [0x02, 0, 80, 2, 3]);
    assert_eq!(client(ClientFrame::Ack { offset: number }), [&[0x03], &eight[..]].concat());
    assert_eq!(client(ClientFrame::Ping { nonce: number }), [&[0x04], &eight[..]].concat());
    assert_eq!(node(NodeFrame::Output { offset: number, bytes: b"xyz" }), [&[0x81], &eight[..], b"xyz"].concat());
    let snapshot = NodeFrame::Snapshot { offset: number, size: size(80, 24), more: true, bytes: b"s" };
    assert_eq!(node(snapshot), [&[0x82, 1], &eight[..], &[0, 80, 0, 24], b"s"].concat());
    assert_eq!(node(NodeFrame::InputAck { seq: number }), [&[0x83], &eight[..]].concat());
    assert_eq!(node(NodeFrame::Size(size(1000, 500))), [0x84, 3, 232, 1, 244]);
    assert_eq!(node(NodeFrame::Exit(Exit::Code(3))), [0x85, 0, 3]);
    assert_eq!(node(NodeFrame::Exit(Exit::Signal(9))), [0x85, 1, 9]);
    assert_eq!(node(NodeFrame::Pong { nonce: number }), [&[0x86], &eight[..]].concat());
    let error = NodeFrame::Error { code: "bad_size", message: "no" };
    assert_eq!(node(error), [&[0x87, 8], &b"bad_sizeno"[..]].concat());
}

#[test]
fn frames_of_impossible_lengths_are_refused() {
    let long = |head: &[u8], length: usize| [head, &vec![b'x'; length]].concat();
    let output = NodeFrame::output_head(0);
    assert_eq!(ClientFrame::decode(&[]), Err(FrameError::Empty));
    assert!(ClientFrame::decode(&long(&[1, 0, 0, 0, 0, 0, 0, 0, 0], MAX_INPUT)).is_ok());
    for bad in [
        long(&[1, 0, 0, 0, 0, 0, 0, 0, 0], 0),
        long(&[1, 0, 0, 0, 0, 0, 0, 0, 0], MAX_INPUT + 1),
        vec![2, 0, 80, 0],
        vec![2, 0, 80, 0, 24, 0],
        vec![3, 0],
        long(&[4], 9),
    ] {
        assert!(matches!(ClientFrame::decode(&bad), Err(FrameError::Length { .. })), "{:?}", &bad[..bad.len().min(12)]);
    }
    assert!(NodeFrame::decode(&long(&output, MAX_OUTPUT)).is_ok());
    for bad in [long(&output, 0), long(&output, MAX_OUTPUT + 1), vec![0x83], vec![0x85, 0], vec![0x87, 5, b'a']] {
        assert!(matches!(NodeFrame::decode(&bad), Err(FrameError::Length { .. })), "{:?}", &bad[..bad.len().min(12)]);
    }
}

#[test]
fn fields_out_of_range_and_unknown_types_are_refused() {
    for bad in [
        vec![0x84, 0, 0, 0, 24],
        vec![0x84, 3, 233, 0, 24],
        vec![0x85, 2, 0],
        vec![0x87, 1, 0xff],
        [&[0x82, 2], &[0; 12][..]].concat(),
    ] {
        assert!(matches!(NodeFrame::decode(&bad), Err(FrameError::Field { .. })), "{bad:?}");
    }
    assert_eq!(ClientFrame::decode(&[0x81, 0]), Err(FrameError::UnknownType(0x81)));
    assert_eq!(NodeFrame::decode(&[0x01, 0]), Err(FrameError::UnknownType(0x01)));
}

#[test]
fn sizes_have_limits_on_both_sides() {
    for (cols, rows) in [(0, 0), (0, 24), (80, 0), (1001, 24), (80, 501), (u16::MAX, u16::MAX)] {
        assert_eq!(Size::new(cols, rows), Err(BadSize { cols, rows }));
    }
    assert!(Size::new(1, 1).is_ok() && Size::new(1000, 500).is_ok());
    // A client's size is not checked here, so that a bad one can be answered.
    assert_eq!(ClientFrame::decode(&[2, 0, 0, 0, 0]), Ok(ClientFrame::Resize { cols: 0, rows: 0 }));
}

#[test]
fn an_error_is_cut_where_a_character_ends() {
    let message = "é".repeat(MAX_ERROR_MESSAGE);
    let bytes = node(NodeFrame::Error { code: &"c".repeat(300), message: &message });
    match NodeFrame::decode(&bytes) {
        Ok(NodeFrame::Error { code, message }) => assert_eq!((code.len(), message.len()), (64, MAX_ERROR_MESSAGE)),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(frame) = ClientFrame::decode(&bytes) {
            prop_assert_eq!(client(frame), bytes.clone());
        }
        if let Ok(frame) = NodeFrame::decode(&bytes) {
            prop_assert_eq!(node(frame), bytes);
        }
    }

    #[test]
    fn frames_survive_the_wire(number in any::<u64>(), bytes in prop::collection::vec(any::<u8>(), 1..2000), cols in any::<u16>(), rows in any::<u16>(), more in any::<bool>()) {
        for frame in [
            ClientFrame::Input { seq: number, bytes: &bytes },
            ClientFrame::Resize { cols, rows },
            ClientFrame::Ack { offset: number },
            ClientFrame::Ping { nonce: number },
        ] {
            let encoded = client(frame);
            prop_assert!(encoded.len() <= MAX_CLIENT_FRAME);
            prop_assert_eq!(ClientFrame::decode(&encoded), Ok(frame));
        }
        let size = Size::new(cols % 1000 + 1, rows % 500 + 1).expect("a size");
        for frame in [
            NodeFrame::Output { offset: number, bytes: &bytes },
            NodeFrame::Snapshot { offset: number, size, more, bytes: &bytes },
            NodeFrame::InputAck { seq: number },
            NodeFrame::Size(size),
            NodeFrame::Exit(Exit::Signal(bytes[0])),
            NodeFrame::Pong { nonce: number },
            NodeFrame::Error { code: "code", message: "what happened" },
        ] {
            let encoded = node(frame);
            prop_assert!(encoded.len() <= MAX_NODE_FRAME);
            prop_assert_eq!(NodeFrame::decode(&encoded), Ok(frame));
        }
    }
}
