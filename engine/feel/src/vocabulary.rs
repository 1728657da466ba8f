//! What a text may name beyond single words: names with spaces and signs, functions and types that somebody declares.

use crate::lexer::{Lexeme, Token, tokens};
use crate::{Type, builtins};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Declared names and types. Clones share nothing, but making one costs little beside reading a model.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    names: BTreeSet<Arc<str>>,
    /// Names of several words or with signs, the longest first.
    phrases: Vec<Phrase>,
    types: BTreeMap<Arc<str>, Type>,
}

/// A name that is more than one token.
#[derive(Debug, Clone)]
struct Phrase {
    lexemes: Vec<Lexeme>,
    name: Arc<str>,
}

impl Vocabulary {
    /// No names but the words of every text.
    pub fn new() -> Vocabulary {
        Vocabulary::default()
    }

    /// Makes the name of a value known: it may be written with its spaces and signs, and be called unless it is the name of a
    /// built-in function.
    pub fn declare(&mut self, name: &str) {
        match builtins::find(name) {
            Some(_) => self.declare_phrase(name),
            None => self.declare_function(name),
        }
    }

    /// Makes the name of a function known, even if a built-in one has the same.
    pub fn declare_function(&mut self, name: &str) {
        if self.names.insert(name.into()) {
            self.declare_phrase(name);
        }
    }

    /// Makes a type known to `instance of` and to parameters.
    pub fn declare_type(&mut self, name: &str, kind: Type) {
        self.declare_phrase(name);
        self.types.insert(name.into(), kind);
    }

    /// The declared type of that name.
    pub fn type_named(&self, name: &str) -> Option<&Type> {
        self.types.get(name)
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(crate) fn declare_phrase(&mut self, name: &str) {
        let Ok(tokens) = tokens(name) else { return };
        let lexemes: Vec<Lexeme> = tokens
            .into_iter()
            .map(|token| token.lexeme)
            .filter(|lexeme| *lexeme != Lexeme::End)
            .collect();
        if lexemes.len() > 1 && self.phrases.iter().all(|known| *known.name != *name) {
            let place = self
                .phrases
                .partition_point(|known| known.lexemes.len() >= lexemes.len());
            let name = name.into();
            self.phrases.insert(place, Phrase { lexemes, name });
        }
    }

    /// The longest known name of several words at the start of these tokens, and how many of them it takes.
    pub(crate) fn phrase(&self, tokens: &[Token]) -> Option<(Arc<str>, usize)> {
        let begins = |phrase: &&Phrase| {
            phrase.lexemes.len() <= tokens.len()
                && phrase
                    .lexemes
                    .iter()
                    .zip(tokens)
                    .all(|(lexeme, token)| *lexeme == token.lexeme)
        };
        let found = self.phrases.iter().find(begins)?;
        Some((found.name.clone(), found.lexemes.len()))
    }
}

impl<N: AsRef<str>> FromIterator<N> for Vocabulary {
    fn from_iter<I: IntoIterator<Item = N>>(names: I) -> Vocabulary {
        let mut vocabulary = Vocabulary::new();
        for name in names {
            vocabulary.declare(name.as_ref());
        }
        vocabulary
    }
}
