//! What names mean while an expression is read.

use crate::lexer::Token;
use crate::syntax::Slot;
use crate::{Type, Vocabulary};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The names in force at one place of the text, and the free variables met so far.
pub(crate) struct Scope<'v> {
    locals: Vec<Local>,
    reads: BTreeSet<Arc<str>>,
    /// Whether a function of working days was called.
    pub(crate) counts_working_days: bool,
    known: &'v Vocabulary,
    /// Names of several words that the text itself declares.
    own: Vocabulary,
}

enum Local {
    Named {
        name: Arc<str>,
        callable: bool,
    },
    /// The item that a filter looks at: its entries can be named directly.
    Item,
}

/// Where the value of a name is found.
pub(crate) enum Meaning {
    Local(Slot),
    Variable,
}

impl<'v> Scope<'v> {
    /// A scope in which these names may be called, and written with their spaces and signs.
    pub(crate) fn knowing(known: &'v Vocabulary) -> Scope<'v> {
        Scope {
            locals: Vec::new(),
            reads: BTreeSet::new(),
            counts_working_days: false,
            known,
            own: Vocabulary::new(),
        }
    }

    /// Makes a name of several words known for the rest of the text.
    pub(crate) fn declare_phrase(&mut self, name: &str) {
        self.own.declare_phrase(name);
    }

    /// The longest known name of several words at the start of these tokens, and how many of them it takes.
    pub(crate) fn phrase(&self, tokens: &[Token]) -> Option<(Arc<str>, usize)> {
        let found = [self.known.phrase(tokens), self.own.phrase(tokens)];
        found
            .into_iter()
            .flatten()
            .max_by_key(|(_, tokens)| *tokens)
    }

    /// The declared type of that name.
    pub(crate) fn type_named(&self, name: &str) -> Option<&Type> {
        self.known.type_named(name)
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

    /// From here on free variables are counted anew; gives those met before.
    pub(crate) fn start_reading(&mut self) -> BTreeSet<Arc<str>> {
        std::mem::take(&mut self.reads)
    }

    /// The free variables since counting was started; those met before are added again.
    pub(crate) fn finish_reading(&mut self, before: BTreeSet<Arc<str>>) -> Vec<Arc<str>> {
        let inside = self.reads.iter().cloned().collect();
        self.reads.extend(before);
        inside
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
        self.known.knows(name)
    }

    /// The free variables, sorted.
    pub(crate) fn into_reads(self) -> Vec<String> {
        self.reads.iter().map(|name| name.to_string()).collect()
    }
}
