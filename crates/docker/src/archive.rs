//! A tar archive (ustar) of one program, as the engine imports it.

use std::path::Path;

const BLOCK: usize = 512;

/// Executable for all users, root's, without a time of its own: the same program makes the same archive.
pub(crate) fn of_one(name: &Path, program: &[u8]) -> Vec<u8> {
    let mut head = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| head[at..at + text.len()].copy_from_slice(text);
    put(0, name.to_string_lossy().as_bytes());
    put(100, b"0000755\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", program.len()).as_bytes());
    put(136, b"00000000000\0");
    // Counted as blanks while the sum is made.
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = head.iter().copied().map(u32::from).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = head.to_vec();
    archive.extend(program);
    archive.resize(archive.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    archive
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    use super::*;

    #[test]
    fn tar_itself_reads_it() {
        let program = vec![7; 1000];
        let archive = of_one(Path::new("docklet-init"), &program);
        assert_eq!(archive.len() % BLOCK, 0);
        let dir = tempfile::tempdir().expect("a directory");
        let mut tar = Command::new("tar")
            .args(["-x", "-f", "-", "-C"])
            .arg(dir.path())
            .stdin(Stdio::piped())
            .spawn()
            .expect("tar runs");
        tar.stdin.take().expect("its input").write_all(&archive).expect("written");
        assert!(tar.wait().expect("tar ends").success());
        assert_eq!(std::fs::read(dir.path().join("docklet-init")).expect("read"), program);
    }
}
