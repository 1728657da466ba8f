//! What names mean while an expression is read.

use crate::lexer::{Lexeme, Token, tokens};
use crate::syntax::Slot;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The names in force at one place of the text, and the free variables met so far.
#[derive(Default)]
pub(crate) struct Scope {
    locals: Vec<Local>,
    reads: BTreeSet<Arc<str>>,
    phrases: Vec<Phrase>,
    callable: BTreeSet<Arc<str>>,
}

enum Local {
    Named {
        name: Arc<str>,
        callable: bool,
    },
    /// The item that a filter looks at: its entries can be named directly.
    Item,
}

/// A name of several words.
struct Phrase {
    lexemes: Vec<Lexeme>,
    name: Arc<str>,
}

/// Where the value of a name is found.
pub(crate) enum Meaning {
    Local(Slot),
    Variable,
}

impl Scope {
    /// A scope in which these names may be called, and written with their spaces and signs.
    pub(crate) fn knowing(names: &[String]) -> Scope {
        let mut scope = Scope::default();
        for name in names {
            scope.declare_phrase(name);
            scope.callable.insert(name.as_str().into());
        }
        scope
    }

    /// Makes a name of several words known for the rest of the text.
    pub(crate) fn declare_phrase(&mut self, name: &str) {
        let Ok(tokens) = tokens(name) else { return };
        let lexemes: Vec<Lexeme> = tokens
            .into_iter()
            .map(|token| token.lexeme)
            .filter(|lexeme| *lexeme != Lexeme::End)
            .collect();
        if lexemes.len() > 1 {
            self.phrases.push(Phrase {
                lexemes,
                name: name.into(),
            });
            // The longest phrase is tried first.
            self.phrases
                .sort_by_key(|phrase| std::cmp::Reverse(phrase.lexemes.len()));
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
        self.phrases
            .iter()
            .find(begins)
            .map(|phrase| (phrase.name.clone(), phrase.lexemes.len()))
    }

    /// The slot that the next local gets.
    pub(crate) fn height(&self) -> Slot {
        self.locals.len()
    }

    pub(crate) fn push(&mut self, name: Arc<str>, callable: bool) {
        self.locals.push(Local::Named { name, callable });
    }

    pub(crate) fn push_item(&mut self) {
        self.locals.push(Local::Item);
    }

    /// Forgets the locals above.
    pub(crate) fn truncate(&mut self, height: Slot) {
        self.locals.truncate(height);
    }

    /// The slots of the filter items that may hold the name, innermost first, and what it means if none does. A name that means
    /// nothing here is a free variable and is remembered as read.
    pub(crate) fn resolve(&mut self, name: &Arc<str>) -> (Vec<Slot>, Meaning) {
        let mut items = Vec::new();
        for (slot, local) in self.locals.iter().enumerate().rev() {
            match local {
                Local::Named { name: known, .. } if known == name => {
                    return (items, Meaning::Local(slot));
                }
                Local::Named { .. } => {}
                Local::Item if &**name == "item" => {
                    items.push(slot);
                    return (items, Meaning::Local(slot));
                }
                Local::Item => items.push(slot),
            }
        }
        self.reads.insert(name.clone());
        (items, Meaning::Variable)
    }

    /// Whether the nearest local of that name was made to be called.
    pub(crate) fn calls_local(&self, name: &str, shadowed: bool) -> bool {
        self.locals.iter().rev().any(|local| match local {
            Local::Named {
                name: known,
                callable,
            } => &**known == name && (*callable || !shadowed),
            Local::Item => false,
        })
    }

    /// Whether a free variable of that name may be called.
    pub(crate) fn calls_variable(&self, name: &str) -> bool {
        self.callable.contains(name)
    }

    /// The free variables, sorted.
    pub(crate) fn into_reads(self) -> Vec<String> {
        self.reads.iter().map(|name| name.to_string()).collect()
    }
}
