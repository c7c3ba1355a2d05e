//! What is logged and how it looks.

use super::{setting::section, value::Value};

section! {
    pub struct LogConfig in "log" {
        /// The least level that is logged, or a filter per module such as `info,control=debug`.
        pub filter: String = "info,sea_orm_migration=warn",
        /// `text` for people, `json` for programs.
        pub format: LogFormat = "text",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Value for LogFormat {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("must be text or json, not {text:?}")),
        }
    }
}
