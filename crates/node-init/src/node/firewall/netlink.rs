//! Messages to the kernel's nf_tables, all or nothing, and what it lists. Knows the wire format, not what the messages say.

use std::io;
use std::os::fd::OwnedFd;
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
const DUMP: u16 = 0x300;
const DONE: u16 = 3;
/// The rules were changed while they were read.
const INTERRUPTED: u16 = 0x10;
const ANY_FAMILY: u8 = 0;
/// What the kernel fills at most while it lists.
const LONGEST_ANSWER: usize = 32 * 1024;
/// How often a listing that was interrupted is begun again.
const TRIES: usize = 10;
/// The kernel answers at once; if it does not, the helper must fail and log it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which packets a table sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Ipv4 = 2,
    Ipv6 = 10,
}

/// Attributes of one message, one after the other.
#[derive(Debug)]
pub(super) struct Message {
    family: Family,
    kind: u16,
    attributes: Vec<u8>,
}

impl Message {
    pub(super) fn new(family: Family, kind: u16) -> Self {
        Self { family, kind, attributes: Vec::new() }
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
        let inner = inner(Message::new(self.family, self.kind)).attributes;
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
        let socket = asked(&self.encode())?;
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
            push(&mut out, kind, REQUEST | ACKNOWLEDGE | CREATE, message.family as u8, 0, &message.attributes);
        }
        push(&mut out, BATCH_END, REQUEST, ANY_FAMILY, NF_TABLES, &[]);
        out
    }
}

/// A socket on which this question is on its way.
fn asked(question: &[u8]) -> io::Result<OwnedFd> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(netlink::NETFILTER))?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(PATIENCE))?;
    send(&socket, question, SendFlags::empty())?;
    Ok(socket)
}

/// The attributes of everything of one kind that belongs to this table, as the kernel lists them.
pub(super) fn list(family: Family, kind: u16, table: &str) -> io::Result<Vec<Vec<u8>>> {
    for _ in 0..TRIES {
        if let Some(mut all) = list_once(family, kind)? {
            let name = Message::new(family, kind).text(1, table).attributes;
            // The table's name is the first attribute of each kind of object.
            all.retain(|attributes| attributes.starts_with(&name));
            return Ok(all);
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "the kernel's rules change faster than they can be read"))
}

/// `None` when the rules were changed meanwhile.
fn list_once(family: Family, kind: u16) -> io::Result<Option<Vec<Vec<u8>>>> {
    let mut question = Vec::new();
    push(&mut question, NF_TABLES << 8 | kind, REQUEST | DUMP, family as u8, 0, &[]);
    let socket = asked(&question)?;
    let (mut listed, mut whole) = (Vec::new(), true);
    let mut buffer = vec![0; LONGEST_ANSWER];
    loop {
        let (_, received) = recv(&socket, &mut buffer, RecvFlags::empty())?;
        for message in messages(&buffer[..received]) {
            let Parsed { kind, flags, body } = message?;
            whole &= flags & INTERRUPTED == 0;
            match kind {
                DONE => return Ok(whole.then_some(listed)),
                ERROR => refusal(body)?,
                // Behind nf_tables' own header.
                _ => listed.extend(body.get(4..).map(<[u8]>::to_vec)),
            }
        }
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
fn acknowledged(answers: &[u8]) -> io::Result<usize> {
    let mut count = 0;
    for message in messages(answers) {
        let message = message?;
        if message.kind == ERROR {
            refusal(message.body)?;
            count += 1;
        }
    }
    Ok(count)
}

/// The kernel's word on a message: 0, or an error's number below it.
fn refusal(body: &[u8]) -> io::Result<()> {
    match body.first_chunk::<4>().map(|code| i32::from_ne_bytes(*code)) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(-code)),
        None => Err(cut_off()),
    }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the kernel's answer is cut off")
}

struct Parsed<'a> {
    kind: u16,
    flags: u16,
    body: &'a [u8],
}

/// The messages in one piece of the kernel's answer.
fn messages(mut answers: &[u8]) -> impl Iterator<Item = io::Result<Parsed<'_>>> {
    std::iter::from_fn(move || {
        let header = answers.first_chunk::<HEADER>()?;
        let length = usize::try_from(u32::from_ne_bytes([header[0], header[1], header[2], header[3]])).unwrap_or(0);
        if length < HEADER || length > answers.len() {
            answers = &[];
            return Some(Err(cut_off()));
        }
        let number = |at: usize| u16::from_ne_bytes([header[at], header[at + 1]]);
        let parsed = Parsed { kind: number(4), flags: number(6), body: &answers[HEADER..length] };
        answers = &answers[length.next_multiple_of(4).min(answers.len())..];
        Some(Ok(parsed))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_but_their_length_is_not() {
        let message = Message::new(Family::Ipv4, 0).text(1, "ab").nested(2, |m| m.number(3, 7));
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
