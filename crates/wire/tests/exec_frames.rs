//! The frames of `docklet.exec.v1`: their exact bytes, their limits, and that nothing else is taken for one.

use proptest::prelude::*;
use wire::{
    exec::{ClientFrame, ExecOrder, FrameError, MAX_CLIENT_FRAME, MAX_DATA, MAX_NODE_FRAME, NodeFrame},
    terminal::{Exit, MAX_ERROR_MESSAGE},
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

#[test]
fn the_bytes_are_those_of_the_specification() {
    assert_eq!(client(ClientFrame::Stdin(b"ab")), [0x01, b'a', b'b']);
    assert_eq!(client(ClientFrame::StdinEnd), [0x02]);
    assert_eq!(client(ClientFrame::Signal(15)), [0x03, 15]);
    assert_eq!(node(NodeFrame::Stdout(b"x")), [0x81, b'x']);
    assert_eq!(node(NodeFrame::Stderr(b"y")), [0x82, b'y']);
    assert_eq!(node(NodeFrame::Exit(Exit::Code(3))), [0x83, 0, 3]);
    assert_eq!(node(NodeFrame::Exit(Exit::Signal(9))), [0x83, 1, 9]);
    assert_eq!(node(NodeFrame::Alive), [0x85]);
    let error = NodeFrame::Error { code: "no_program", message: "no" };
    assert_eq!(node(error), [&[0x84, 10], &b"no_programno"[..]].concat());
}

#[test]
fn what_no_frame_can_hold_is_refused() {
    let long = |kind: u8, length: usize| [&[kind], &vec![b'x'; length][..]].concat();
    assert_eq!(ClientFrame::decode(&[]), Err(FrameError::Empty));
    assert_eq!(NodeFrame::decode(&[]), Err(FrameError::Empty));
    assert!(ClientFrame::decode(&long(0x01, MAX_DATA)).is_ok());
    assert!(NodeFrame::decode(&long(0x81, MAX_DATA)).is_ok());
    let (empty, more) = (long(0x01, 0), long(0x01, MAX_DATA + 1));
    for bad in [empty, more, vec![0x02, 0], vec![0x03], vec![0x03, 0], vec![0x03, 65], vec![0x03, 1, 1]] {
        let refused = ClientFrame::decode(&bad);
        assert!(matches!(refused, Err(FrameError::Content { .. })), "{:?}", &bad[..bad.len().min(12)]);
    }
    for bad in [
        long(0x81, 0),
        long(0x82, MAX_DATA + 1),
        vec![0x83, 0],
        vec![0x83, 2, 0],
        vec![0x84],
        vec![0x84, 2, b'a'],
        vec![0x84, 1, 0xff],
        vec![0x84, 65],
        vec![0x85, 0],
        [&[0x84, 0], &vec![b'x'; MAX_ERROR_MESSAGE + 1][..]].concat(),
    ] {
        let refused = NodeFrame::decode(&bad);
        assert!(matches!(refused, Err(FrameError::Content { .. })), "{:?}", &bad[..bad.len().min(12)]);
    }
    assert_eq!(ClientFrame::decode(&[0x81, 0]), Err(FrameError::UnknownType(0x81)));
    assert_eq!(NodeFrame::decode(&[0x01, 0]), Err(FrameError::UnknownType(0x01)));
}

#[test]
fn an_error_is_cut_where_a_character_ends() {
    let bytes = node(NodeFrame::Error { code: &"c".repeat(300), message: &"é".repeat(MAX_ERROR_MESSAGE) });
    match NodeFrame::decode(&bytes) {
        Ok(NodeFrame::Error { code, message }) => assert_eq!((code.len(), message.len()), (64, MAX_ERROR_MESSAGE)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_is_a_command_and_nothing_else() {
    let order: ExecOrder = serde_json::from_str(r#"{"command":["ls","-l"]}"#).expect("an order");
    assert_eq!(order.command, ["ls", "-l"]);
    for other in ["{}", r#"{"command":"ls"}"#, r#"{"command":["ls"],"shell":true}"#] {
        assert!(serde_json::from_str::<ExecOrder>(other).is_err(), "{other}");
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
    fn frames_survive_the_wire(bytes in prop::collection::vec(any::<u8>(), 1..2000), signal in 1..=64_u8) {
        for frame in [ClientFrame::Stdin(&bytes), ClientFrame::StdinEnd, ClientFrame::Signal(signal)] {
            let encoded = client(frame);
            prop_assert!(encoded.len() <= MAX_CLIENT_FRAME);
            prop_assert_eq!(ClientFrame::decode(&encoded), Ok(frame));
        }
        for frame in [
            NodeFrame::Stdout(&bytes),
            NodeFrame::Stderr(&bytes),
            NodeFrame::Exit(Exit::Code(bytes[0])),
            NodeFrame::Exit(Exit::Signal(signal)),
            NodeFrame::Alive,
            NodeFrame::Error { code: "code", message: "what happened" },
        ] {
            let encoded = node(frame);
            prop_assert!(encoded.len() <= MAX_NODE_FRAME);
            prop_assert_eq!(NodeFrame::decode(&encoded), Ok(frame));
        }
    }
}
