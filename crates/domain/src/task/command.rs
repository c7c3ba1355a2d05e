//! The command of a task, and which words are none.

use serde::{Deserialize, Serialize};

/// The program and its arguments. It is handed on in an environment variable, and published with its task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Command(Vec<String>);

/// The rule that words break, beside the name of their field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCommand {
    #[error("must begin with the name of a program")]
    Empty,
    #[error("must have at most {} words and {} KiB", Command::MOST_WORDS, Command::LONGEST / 1024)]
    TooLong,
    #[error("must not contain a NUL character")]
    Nul,
}

impl Command {
    /// Bytes of all its words together.
    pub const LONGEST: usize = 32 * 1024;
    pub const MOST_WORDS: usize = 1024;

    pub fn words(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Command {
    type Error = BadCommand;

    fn try_from(words: Vec<String>) -> Result<Self, BadCommand> {
        if words.first().is_none_or(String::is_empty) {
            return Err(BadCommand::Empty);
        }
        if words.len() > Self::MOST_WORDS || words.iter().map(String::len).sum::<usize>() > Self::LONGEST {
            return Err(BadCommand::TooLong);
        }
        if words.iter().any(|word| word.contains('\0')) { Err(BadCommand::Nul) } else { Ok(Self(words)) }
    }
}

impl From<Command> for Vec<String> {
    fn from(command: Command) -> Self {
        command.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_a_program_and_an_end() {
        for (words, fault) in [
            (vec![], BadCommand::Empty),
            (vec![String::new(), "x".to_owned()], BadCommand::Empty),
            (vec!["x".repeat(Command::LONGEST + 1)], BadCommand::TooLong),
            (vec!["x".to_owned(); Command::MOST_WORDS + 1], BadCommand::TooLong),
            (vec!["x".to_owned(), "a\0b".to_owned()], BadCommand::Nul),
        ] {
            assert_eq!(Command::try_from(words), Err(fault));
        }
        assert!(BadCommand::TooLong.to_string().contains("1024 words and 32 KiB"));
        for words in [vec!["x".repeat(Command::LONGEST)], vec!["x".to_owned(); Command::MOST_WORDS]] {
            let command = Command::try_from(words.clone()).expect("a command");
            assert_eq!((command.words(), Vec::<String>::from(command.clone())), (&*words, words.clone()));
        }
    }
}
