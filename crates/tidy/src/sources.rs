//! Reads the repository's own source files: not what the build makes, not what npm brings.

use std::fs;
use std::io;
use std::path::Path;

/// A file's path from the root, with `/`, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    /// As in `crates/domain/src/lib.rs`.
    pub path: String,
    /// The whole file.
    pub text: String,
}

/// Folders that hold nothing written by us.
const NOT_OURS: &[&str] = &["target", "node_modules", "vendor", "test-results", "playwright-report"];

/// What the checks look at.
const EXTENSIONS: &[&str] = &["rs", "scss", "ts", "tsx"];

impl Source {
    /// A source that was not read from disk.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Whether the file's name ends so.
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }
}

/// All sources below `root`, ordered by path.
///
/// # Errors
/// When a folder or file cannot be read, or a source is not UTF-8.
pub fn read(root: &Path) -> io::Result<Vec<Source>> {
    below(root, root, EXTENSIONS)
}

/// What people read: the README and the book, ordered by path.
///
/// # Errors
/// As [`read`].
pub fn documents(root: &Path) -> io::Result<Vec<Source>> {
    let mut documents = below(root, &root.join("docs"), &["md"])?;
    documents.push(Source { path: "README.md".into(), text: fs::read_to_string(root.join("README.md"))? });
    Ok(documents)
}

fn below(root: &Path, folder: &Path, extensions: &[&str]) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    walk(root, folder, extensions, &mut sources)?;
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn walk(root: &Path, folder: &Path, extensions: &[&str], sources: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = entry.path();
        // A symbolic link is not followed: what it names is read where it lies.
        let kind = entry.file_type()?;
        if kind.is_dir() && !name.starts_with('.') && !NOT_OURS.contains(&name.as_ref()) {
            walk(root, &path, extensions, sources)?;
        } else if kind.is_file() && path.extension().is_some_and(|found| extensions.iter().any(|one| found == *one)) {
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(&path)
                .map_err(|error| io::Error::new(error.kind(), format!("{relative} cannot be read: {error}")))?;
            sources.push(Source { path: relative, text });
        }
    }
    Ok(())
}
