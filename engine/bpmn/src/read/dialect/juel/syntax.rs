//! What the parser makes of an expression.

/// A part of an expression and the byte of the text where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) form: Form,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    Null,
    Boolean(bool),
    /// As it was written.
    Number(String),
    Text(String),
    Name(String),
    /// `a.b`
    Entry(Box<Node>, String),
    /// `a[b]`
    Item(Box<Node>, Box<Node>),
    /// `f(x)`, `a.f(x)`: what stands before the parenthesis, and the arguments.
    Call(Box<Node>, Vec<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    Empty(Box<Node>),
    Both(Operator, Box<[Node; 2]>),
    /// `a ? b : c`
    Choice(Box<[Node; 3]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divided,
    Modulo,
}
