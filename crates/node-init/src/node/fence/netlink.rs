//! Messages to the kernel's nf_tables, all or nothing. Knows the wire format, not what the messages say.

use std::io;
use std::time::Duration;

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with, sockopt,
};

const HEADER: usize = 16;
/// Subsystem of nf_tables, the upper half of a message's type.
const NF_TABLES: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const ERROR: u16 = 2;
const REQUEST: u16 = 1;
const ACKNOWLEDGE: u16 = 4;
/// Create, and put rules at the end.
const CREATE: u16 = 0x400 | 0x800;
const NESTED: u16 = 0x8000;
const ANY_FAMILY: u8 = 0;
const IPV4: u8 = 2;
/// The kernel answers at once; if it does not, somebody should know.
const PATIENCE: Duration = Duration::from_secs(10);

/// Attributes of one message, one after the other.
#[derive(Debug)]
pub(super) struct Message {
    kind: u16,
    attributes: Vec<u8>,
}

impl Message {
    pub(super) fn new(kind: u16) -> Self {
        Self { kind, attributes: Vec::new() }
    }

    pub(super) fn bytes(mut self, attribute: u16, value: &[u8]) -> Self {
        let length = u16::try_from(4 + value.len()).expect("attributes are short");
        self.attributes.extend(length.to_ne_bytes());
        self.attributes.extend(attribute.to_ne_bytes());
        self.attributes.extend(value);
        self.attributes.resize(self.attributes.len().next_multiple_of(4), 0);
        self
    }

    pub(super) fn number(self, attribute: u16, value: u32) -> Self {
        self.bytes(attribute, &value.to_be_bytes())
    }

    pub(super) fn text(self, attribute: u16, value: &str) -> Self {
        self.bytes(attribute, &[value.as_bytes(), &[0]].concat())
    }

    /// An attribute made of attributes.
    pub(super) fn nested(self, attribute: u16, inner: impl FnOnce(Message) -> Message) -> Self {
        let inner = inner(Message::new(self.kind)).attributes;
        self.bytes(attribute | NESTED, &inner)
    }
}

/// What the kernel does together or not at all.
#[derive(Debug, Default)]
pub(super) struct Batch {
    messages: Vec<Message>,
}

impl Batch {
    pub(super) fn add(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Sends it and waits for the kernel's word on every message.
    pub(super) fn commit(self) -> io::Result<()> {
        let socket =
            socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(netlink::NETFILTER))?;
        sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(PATIENCE))?;
        send(&socket, &self.encode(), SendFlags::empty())?;
        let mut waiting = self.messages.len();
        let mut buffer = [0; 8192];
        while waiting > 0 {
            let (_, received) = recv(&socket, &mut buffer, RecvFlags::empty())?;
            waiting = waiting.saturating_sub(acknowledged(&buffer[..received])?);
        }
        Ok(())
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push(&mut out, BATCH_BEGIN, REQUEST, ANY_FAMILY, NF_TABLES, &[]);
        for message in &self.messages {
            let kind = NF_TABLES << 8 | message.kind;
            push(&mut out, kind, REQUEST | ACKNOWLEDGE | CREATE, IPV4, 0, &message.attributes);
        }
        push(&mut out, BATCH_END, REQUEST, ANY_FAMILY, NF_TABLES, &[]);
        out
    }
}

/// One message: its header, nf_tables' own header, its attributes. All lengths are multiples of 4.
fn push(out: &mut Vec<u8>, kind: u16, flags: u16, family: u8, resource: u16, attributes: &[u8]) {
    let length = u32::try_from(HEADER + 4 + attributes.len()).expect("messages are short");
    out.extend(length.to_ne_bytes());
    out.extend(kind.to_ne_bytes());
    out.extend(flags.to_ne_bytes());
    out.extend([0; 8]);
    out.extend([family, 0]);
    out.extend(resource.to_be_bytes());
    out.extend(attributes);
}

/// How many messages these answers acknowledge; the first refusal as an error.
fn acknowledged(mut answers: &[u8]) -> io::Result<usize> {
    let mut count = 0;
    while let Some(header) = answers.first_chunk::<HEADER>() {
        let length = usize::try_from(u32::from_ne_bytes([header[0], header[1], header[2], header[3]])).unwrap_or(0);
        let kind = u16::from_ne_bytes([header[4], header[5]]);
        if length < HEADER || length > answers.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the kernel's answer is cut off"));
        }
        if kind == ERROR {
            match answers[HEADER..length].first_chunk::<4>().map(|code| i32::from_ne_bytes(*code)) {
                Some(0) => count += 1,
                Some(code) => return Err(io::Error::from_raw_os_error(-code)),
                None => return Err(io::Error::new(io::ErrorKind::InvalidData, "the kernel's answer is cut off")),
            }
        }
        answers = &answers[length.next_multiple_of(4).min(answers.len())..];
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_but_their_length_is_not() {
        let message = Message::new(0).text(1, "ab").nested(2, |m| m.number(3, 7));
        let expected: Vec<u8> = [
            [7u16.to_ne_bytes(), 1u16.to_ne_bytes()].concat(),
            b"ab\0\0".to_vec(),
            [12u16.to_ne_bytes(), (2 | NESTED).to_ne_bytes()].concat(),
            [8u16.to_ne_bytes(), 3u16.to_ne_bytes()].concat(),
            vec![0, 0, 0, 7],
        ]
        .concat();
        assert_eq!(message.attributes, expected);
    }

    #[test]
    fn the_first_refusal_counts() {
        let answer = |code: i32| {
            let mut out = Vec::new();
            out.extend(36u32.to_ne_bytes());
            out.extend(ERROR.to_ne_bytes());
            out.extend([0; 10]);
            out.extend(code.to_ne_bytes());
            out.extend([0; 16]);
            out
        };
        assert_eq!(acknowledged(&[answer(0), answer(0)].concat()).expect("acknowledged"), 2);
        let refused = acknowledged(&[answer(0), answer(-1)].concat()).expect_err("refused");
        assert_eq!(refused.raw_os_error(), Some(1));
        assert!(acknowledged(&answer(0)[..20]).is_err());
    }
}
