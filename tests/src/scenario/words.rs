//! Reading one line of a scenario from left to right, word by word.

use jiff::{Span, Timestamp};

/// What is left to read of a line.
#[derive(Debug)]
pub(super) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str) -> Words<'a> {
        Words { rest: line.trim() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes one plain word when it is the next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let Some(after) = self.rest.strip_prefix(word) else {
            return false;
        };
        let ends = after.is_empty() || after.starts_with(char::is_whitespace);
        if ends {
            self.rest = after.trim_start();
        }
        ends
    }

    /// The next plain word, whatever it is.
    pub(super) fn word(&mut self, wanted: &str) -> Result<&'a str, String> {
        let end = self
            .rest
            .find(char::is_whitespace)
            .unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        if word.is_empty() {
            return Err(self.missing(wanted));
        }
        self.rest = after.trim_start();
        Ok(word)
    }

    /// The text between the quotes that come next.
    pub(super) fn quoted(&mut self, wanted: &str) -> Result<String, String> {
        let Some(inner) = self.rest.strip_prefix('"') else {
            return Err(self.missing(&format!("{wanted} in quotes")));
        };
        let Some((text, after)) = inner.split_once('"') else {
            return Err(format!("the quote before `{inner}` is not closed"));
        };
        self.rest = after.trim_start();
        Ok(text.to_owned())
    }

    /// The text between quotes, when the next is a quote.
    pub(super) fn maybe_quoted(&mut self) -> Result<Option<String>, String> {
        if self.rest.starts_with('"') {
            self.quoted("a name").map(Some)
        } else {
            Ok(None)
        }
    }

    /// A point in time with offset: `2026-03-02T09:00+03:00`.
    pub(super) fn time(&mut self) -> Result<Timestamp, String> {
        let word = self.word("a time such as 2026-03-02T09:00+03:00")?;
        timestamp(word)
    }

    /// A whole number.
    pub(super) fn number<T: std::str::FromStr>(&mut self) -> Result<T, String> {
        let word = self.word("a whole number")?;
        word.parse()
            .map_err(|_| format!("`{word}` is not a whole number that fits here"))
    }

    /// A whole number, when the next word is one.
    pub(super) fn take_number<T: std::str::FromStr>(&mut self) -> Option<T> {
        let number = self.rest.split_whitespace().next()?.parse().ok()?;
        // It is there, so this takes it.
        self.word("a whole number").ok().map(|_| number)
    }

    /// A duration such as `PT24H`.
    pub(super) fn span(&mut self) -> Result<Span, String> {
        let word = self.word("a duration such as PT24H")?;
        word.parse()
            .map_err(|error| format!("`{word}` is not a duration such as PT24H: {error}"))
    }

    /// `with {..}`, to the end of the line.
    pub(super) fn with(&mut self) -> Result<Option<String>, String> {
        if !self.take("with") {
            return Ok(None);
        }
        self.context().map(Some)
    }

    /// A FEEL context, to the end of the line.
    pub(super) fn context(&mut self) -> Result<String, String> {
        if !(self.rest.starts_with('{') && self.rest.ends_with('}')) {
            return Err(self.missing("a FEEL context such as { name: \"value\" }"));
        }
        Ok(self.rest())
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> String {
        std::mem::take(&mut self.rest).to_owned()
    }

    /// Fails when something is left over.
    pub(super) fn end(&self) -> Result<(), String> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(format!("`{}` is not understood here", self.rest))
        }
    }

    pub(super) fn missing(&self, wanted: &str) -> String {
        match self.rest.split_whitespace().next() {
            Some(word) => format!("expected {wanted}, found `{word}`"),
            None => format!("expected {wanted}, but the line ends"),
        }
    }
}

/// Reads `2026-03-02T09:00+03:00`; seconds may be left out.
pub(super) fn timestamp(word: &str) -> Result<Timestamp, String> {
    word.parse().map_err(|error| {
        format!("`{word}` is not a time with offset such as 2026-03-02T09:00+03:00: {error}")
    })
}
