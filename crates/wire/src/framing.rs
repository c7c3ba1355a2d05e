//! Frames on a stream that has no messages: each behind its length as a big-endian `u32`. Knows no frame.

/// Appends what `encode` appends, behind its length.
pub fn put(out: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    encode(out);
    // No frame is as long as that.
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_stands_behind_its_length_and_behind_what_was_there() {
        let mut out = vec![9];
        put(&mut out, |out| out.extend_from_slice(b"abc"));
        put(&mut out, |_| {});
        assert_eq!(out, [9, 0, 0, 0, 3, b'a', b'b', b'c', 0, 0, 0, 0]);
    }
}
