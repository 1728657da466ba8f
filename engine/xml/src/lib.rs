//! XML documents as trees that remember where everything stood, and the problems that readers find.
//!
//! [`parse`] turns text into a [`Document`]; the readers of BPMN and DMN walk its [`Element`]s and
//! report [`Problem`]s with line, column and the way out. Nothing here resolves entities, reads
//! files or follows links, and no document, however hostile, overflows the stack.

mod document;
mod limits;
mod made;
mod parse;
mod problem;

pub use document::{Attribute, Document, Element};
pub use limits::Limits;
pub use parse::parse;
pub use problem::{Position, Problem, Severity};
