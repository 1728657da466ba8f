//! Form schemas: check, fill, validate, and render as HTML.
//!
//! [`Form::read`] takes a form-js JSON schema and says all that is wrong with it. A form is filled with variables and with what
//! a person typed ([`Answers`], from a posted page by [`Form::parse_post`]), shown ([`Form::view`], [`Renderer`]) and submitted
//! ([`Form::submit`]). Expressions are FEEL and run only here, never in the browser. Nothing here reads a clock or a file.

mod answers;
mod filled;
mod form;
mod json;
pub mod limits;
mod lint;
mod markdown;
mod messages;
mod path;
mod post;
mod problem;
mod render;
mod schema;
mod suggestions;
mod template;
mod typed;
mod validate;
mod view;
mod words;

pub use answers::Answers;
pub use form::{Data, Field, Form};
pub use post::Action;
pub use problem::{Problem, Severity};
pub use render::Renderer;
pub use suggestions::Suggestion;
pub use validate::FieldError;
pub use view::{
    Control, DatePart, ErrorLink, FieldView, Input, ListControl, Mode, OptionView, RowView,
    SectionState, SectionView, TextControl, TextareaControl, ToneView, View,
};
