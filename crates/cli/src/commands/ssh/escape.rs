//! `~.` at the beginning of a line leaves; `~~` is one `~`. As in OpenSSH, so that fingers find it.

/// What keys mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key {
    Typed(Vec<u8>),
    Leave,
}

/// Where in a line the next key is.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Escape {
    #[default]
    LineBegin,
    Tilde,
    Within,
}

impl Escape {
    pub(super) fn take(&mut self, bytes: &[u8]) -> Key {
        let mut typed = Vec::with_capacity(bytes.len() + 1);
        for &byte in bytes {
            match (*self, byte) {
                (Self::LineBegin, b'~') => {
                    *self = Self::Tilde;
                    continue;
                }
                (Self::Tilde, b'.') => return Key::Leave,
                (Self::Tilde, b'~') => {}
                (Self::Tilde, _) => typed.push(b'~'),
                _ => {}
            }
            *self = if matches!(byte, b'\r' | b'\n') { Self::LineBegin } else { Self::Within };
            typed.push(byte);
        }
        Key::Typed(typed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of it in one piece, and a key at a time.
    fn taken(keys: &str) -> [Key; 2] {
        let mut typed = Vec::new();
        let mut escape = Escape::default();
        let single = keys.bytes().find_map(|key| match escape.take(&[key]) {
            Key::Leave => Some(Key::Leave),
            Key::Typed(bytes) => {
                typed.extend(bytes);
                None
            }
        });
        [Escape::default().take(keys.as_bytes()), single.unwrap_or(Key::Typed(typed))]
    }

    #[test]
    fn a_tilde_and_a_dot_leave_at_the_beginning_of_a_line_only() {
        for (keys, means) in [
            ("~.", Key::Leave),
            ("ls\r~.", Key::Leave),
            ("a~.", Key::Typed(b"a~.".to_vec())),
            ("~~.", Key::Typed(b"~.".to_vec())),
            ("~/x", Key::Typed(b"~/x".to_vec())),
            ("~\r~.", Key::Leave),
            ("", Key::Typed(Vec::new())),
        ] {
            for taken in taken(keys) {
                assert_eq!(taken, means, "{keys:?}");
            }
        }
    }
}
