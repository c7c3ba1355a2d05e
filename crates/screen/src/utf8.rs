//! UTF-8 as a stream: characters come out whole, also when a read cut them; what is no UTF-8 is dropped as xterm.js does.

/// What the next bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// A character of `len` bytes.
    Char { c: char, len: usize },
    /// `len` bytes that are no character.
    Invalid { len: usize },
    /// The beginning of a character; the rest is not here yet.
    Incomplete,
}

/// Decodes the first character. `bytes` is not empty.
pub(crate) fn decode(bytes: &[u8]) -> Decoded {
    let first = bytes[0];
    let (needed, bits) = match first {
        0x00..=0x7f => return Decoded::Char { c: char::from(first), len: 1 },
        0xc0..=0xdf => (2, u32::from(first & 0x1f)),
        0xe0..=0xef => (3, u32::from(first & 0x0f)),
        0xf0..=0xf7 => (4, u32::from(first & 0x07)),
        _ => return Decoded::Invalid { len: 1 },
    };
    let mut value = bits;
    for at in 1..needed {
        match bytes.get(at) {
            None => return Decoded::Incomplete,
            Some(byte) if byte & 0xc0 == 0x80 => value = value << 6 | u32::from(byte & 0x3f),
            Some(_) => return Decoded::Invalid { len: at },
        }
    }
    let smallest = [0, 0, 0x80, 0x800, 0x1_0000][needed];
    match char::from_u32(value) {
        Some(c) if value >= smallest && c != '\u{feff}' => Decoded::Char { c, len: needed },
        _ => Decoded::Invalid { len: needed },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_every_length_come_out_whole() {
        for c in ['a', 'é', '€', '𝄞'] {
            let mut bytes = [0; 4];
            let len = c.encode_utf8(&mut bytes).len();
            assert_eq!(decode(&bytes[..len]), Decoded::Char { c, len });
            for cut in 1..len {
                assert_eq!(decode(&bytes[..cut]), Decoded::Incomplete, "{c} cut after {cut}");
            }
        }
    }

    #[test]
    fn what_is_no_character_is_skipped_without_swallowing_what_follows() {
        assert_eq!(decode(b"\x80a"), Decoded::Invalid { len: 1 });
        assert_eq!(decode(b"\xe2\x82a"), Decoded::Invalid { len: 2 });
        assert_eq!(decode(b"\xc0\x80"), Decoded::Invalid { len: 2 });
        assert_eq!(decode(b"\xed\xa0\x80"), Decoded::Invalid { len: 3 });
        assert_eq!(decode(b"\xff"), Decoded::Invalid { len: 1 });
    }
}
