//! The head of one request, line by line as it comes in.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::refusal::Refusal;

pub const LARGEST_HEAD: usize = 64 * 1024;
const COOKIE: &[u8] = b"cookie:";

/// What has been found so far. Positions count from the first byte of the head.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Looked at so far.
    scanned: usize,
    /// Where the current line begins.
    line: usize,
    first_line: FirstLine,
    host: Option<Range<usize>>,
    length: Option<u64>,
    chunked: bool,
    asks_upgrade: bool,
    /// How much of it are cookies.
    cookies: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum FirstLine {
    #[default]
    Awaited,
    /// One empty line before it is forgiven: some clients end a body with one.
    AwaitedAfterEmpty,
    Read {
        authority: Option<Range<usize>>,
        is_1_0: bool,
    },
}

/// How long the body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    None,
    Length(u64),
    Chunked,
}

#[derive(Debug)]
pub(super) struct WholeHead {
    pub(super) length: usize,
    pub(super) framing: Framing,
    pub(super) asks_upgrade: bool,
}

impl Head {
    /// Goes on with `bytes`, which begin with the head's first byte. `None` while its end has not come.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Option<WholeHead>, Refusal> {
        while let Some(found) = memchr(b'\n', &bytes[self.scanned..]) {
            let end = self.scanned + found;
            if end >= LARGEST_HEAD {
                return Err(self.too_large(&bytes[self.line..end]));
            }
            let line = self.line..end;
            self.scanned = end + 1;
            self.line = end + 1;
            if self.take_line(bytes, line)? {
                return self.finish(bytes).map(Some);
            }
        }
        self.scanned = bytes.len();
        if bytes.len() > LARGEST_HEAD { Err(self.too_large(&bytes[self.line..])) } else { Ok(None) }
    }

    /// With the line it was found in, whole or not. Cookies are what a person can be rid of.
    fn too_large(&self, line: &[u8]) -> Refusal {
        let name = line.get(..COOKIE.len());
        let of_line = if name.is_some_and(|name| name.eq_ignore_ascii_case(COOKIE)) { line.len() } else { 0 };
        if self.cookies + of_line > LARGEST_HEAD / 2 { Refusal::TooManyCookies } else { Refusal::TooLarge }
    }

    /// Whether this was the empty line at the end.
    fn take_line(&mut self, bytes: &[u8], line: Range<usize>) -> Result<bool, Refusal> {
        let text = &bytes[line.clone()];
        let Some((b'\r', text)) = text.split_last() else {
            return Err(if memchr(0, text).is_some() { Refusal::Nul } else { Refusal::BareLineFeed });
        };
        if let Some(at) = memchr2(b'\r', 0, text) {
            return Err(if text[at] == 0 { Refusal::Nul } else { Refusal::BareReturn });
        }
        match (&self.first_line, text.is_empty()) {
            (FirstLine::Awaited, true) => self.first_line = FirstLine::AwaitedAfterEmpty,
            (FirstLine::AwaitedAfterEmpty, true) => return Err(Refusal::BadRequestLine),
            (FirstLine::Awaited | FirstLine::AwaitedAfterEmpty, false) => {
                self.first_line = first_line(text, line.start)?;
            }
            (FirstLine::Read { .. }, true) => return Ok(true),
            (FirstLine::Read { .. }, false) => self.take_field(text, line.start)?,
        }
        Ok(false)
    }

    fn take_field(&mut self, text: &[u8], start: usize) -> Result<(), Refusal> {
        if is_blank(text[0]) {
            return Err(Refusal::Folded);
        }
        let colon = memchr(b':', text).ok_or(Refusal::BadLine)?;
        let (name, value) = (&text[..colon], &text[colon + 1..]);
        if name.is_empty() {
            return Err(Refusal::BadLine);
        }
        if memchr2(b' ', b'\t', name).is_some() {
            return Err(Refusal::SpaceInName);
        }
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            4 if is("host") => {
                let blanks = value.iter().take_while(|byte| is_blank(**byte)).count();
                let value = value.trim_ascii();
                let from = start + colon + 1 + blanks;
                self.take_host(value, from..from + value.len())
            }
            6 if is("cookie") => {
                self.cookies += text.len();
                Ok(())
            }
            7 if is("upgrade") => {
                self.asks_upgrade = true;
                Ok(())
            }
            14 if is("content-length") => self.take_length(value.trim_ascii()),
            // Many an app reads these as the names with a dash.
            14 if is("content_length") => Err(Refusal::BadLength),
            17 if is("transfer-encoding") => self.take_encoding(value.trim_ascii()),
            17 if is("transfer_encoding") => Err(Refusal::BadEncoding),
            _ => Ok(()),
        }
    }

    fn take_host(&mut self, value: &[u8], at: Range<usize>) -> Result<(), Refusal> {
        if self.host.is_some() {
            return Err(Refusal::SeveralHosts);
        }
        if value.is_empty() {
            return Err(Refusal::NoHost);
        }
        let good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
        if !value.iter().all(good) {
            return Err(Refusal::BadHost);
        }
        self.host = Some(at);
        Ok(())
    }

    fn take_length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.length.is_some() {
            return Err(Refusal::SeveralLengths);
        }
        if self.chunked {
            return Err(Refusal::LengthAndEncoding);
        }
        // 18 digits are an exabyte, and never overflow.
        if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
            return Err(Refusal::BadLength);
        }
        self.length = Some(value.iter().fold(0, |length, digit| length * 10 + u64::from(digit - b'0')));
        Ok(())
    }

    fn take_encoding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        if self.length.is_some() {
            return Err(Refusal::LengthAndEncoding);
        }
        let is_1_0 = matches!(self.first_line, FirstLine::Read { is_1_0: true, .. });
        if self.chunked || is_1_0 || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(Refusal::BadEncoding);
        }
        self.chunked = true;
        Ok(())
    }

    fn finish(&mut self, bytes: &[u8]) -> Result<WholeHead, Refusal> {
        let host = self.host.clone().ok_or(Refusal::NoHost)?;
        if let FirstLine::Read { authority: Some(authority), .. } = &self.first_line
            && !bytes[authority.clone()].eq_ignore_ascii_case(&bytes[host])
        {
            return Err(Refusal::OtherHost);
        }
        let framing = match (self.chunked, self.length) {
            (true, _) => Framing::Chunked,
            (false, Some(length)) => Framing::Length(length),
            (false, None) => Framing::None,
        };
        Ok(WholeHead { length: self.scanned, framing, asks_upgrade: self.asks_upgrade })
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `METHOD target HTTP/1.x`, beginning at `start` of the head.
fn first_line(text: &[u8], start: usize) -> Result<FirstLine, Refusal> {
    let bad = Refusal::BadRequestLine;
    if is_blank(text[0]) {
        return Err(bad);
    }
    let mut parts = text.split(|byte| *byte == b' ');
    let (method, target, version) = (parts.next().ok_or(bad)?, parts.next().ok_or(bad)?, parts.next().ok_or(bad)?);
    let is_1_0 = match version {
        b"HTTP/1.1" => false,
        b"HTTP/1.0" => true,
        _ => return Err(bad),
    };
    if parts.next().is_some() || method.is_empty() || target.is_empty() {
        return Err(bad);
    }
    if text.iter().any(|byte| byte.is_ascii_control()) {
        return Err(bad);
    }
    if method == b"CONNECT" {
        return Err(Refusal::Connect);
    }
    let authority = authority(target)?.map(|range| {
        let from = start + method.len() + 1;
        from + range.start..from + range.end
    });
    Ok(FirstLine::Read { authority, is_1_0 })
}

/// Where in an absolute address the authority is; `None` for a plain path.
fn authority(target: &[u8]) -> Result<Option<Range<usize>>, Refusal> {
    if target[0] == b'/' || target == b"*" {
        return Ok(None);
    }
    let begins = |scheme: &[u8]| target.len() > scheme.len() && target[..scheme.len()].eq_ignore_ascii_case(scheme);
    let from = if begins(b"http://") {
        7
    } else if begins(b"https://") {
        8
    } else {
        return Err(Refusal::BadRequestLine);
    };
    let rest = &target[from..];
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    Ok(Some(from..from + length))
}
