//! Every limit of forms, by name; past one, a message says which and what to do.

/// Bytes of a form's JSON text.
pub const FORM_BYTES: usize = 1_048_576;
/// Components in a form, nested ones included.
pub const COMPONENTS: usize = 1_000;
/// Groups and lists inside each other.
pub const DEPTH: usize = 16;
/// Options that a select, radio or checklist shows.
pub const OPTIONS: usize = 500;
/// Rows of a dynamic list.
pub const ROWS: usize = 200;
/// Fields that one person sees in one form: components times rows.
pub const FIELDS: usize = 5_000;
/// Characters of one answer.
pub const TEXT_LENGTH: usize = 100_000;
/// Name and value pairs that a posted form may hold.
pub const POSTED_PAIRS: usize = 20_000;
/// Problems listed for one form; the rest is counted.
pub const PROBLEMS: usize = 200;
