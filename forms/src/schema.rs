//! A form as it is deployed: components in the order of the page, their expressions compiled.

mod keys;
mod options;
mod read;
mod show_if;

use crate::template::Template;
use feel::{Expression, Value};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use options::Options;
pub(crate) use read::read;
pub(crate) use show_if::ShowIf;

/// A form that has been read; whether it may be deployed is the lint's to say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) components: Vec<Component>,
    /// How many components there are, nested ones included.
    pub(crate) count: usize,
    /// The names that the form puts at the top of the data.
    declared: BTreeSet<String>,
}

/// One component: a field, something that holds fields, or something to read.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    /// Its place in the form, from 0, nested ones counted.
    pub(crate) number: usize,
    pub(crate) id: String,
    /// Where it stands in the JSON text.
    pub(crate) offset: usize,
    /// The names that lead from the container's data to this component's: the segments of `key` or `path`.
    pub(crate) path: Vec<String>,
    pub(crate) label: Template,
    pub(crate) hint: Template,
    pub(crate) hide: Option<Expression>,
    pub(crate) show_if: Option<ShowIf>,
    pub(crate) readonly: Flag,
    /// Not validated and not submitted.
    pub(crate) disabled: bool,
    pub(crate) rules: Rules,
    pub(crate) default: Option<Value>,
    /// Shown beside the field: what a decision suggests.
    pub(crate) suggestion: Option<Expression>,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) kind: Kind,
}

/// Fixed, or worked out from the data; null counts as no.
#[derive(Clone, Debug)]
pub(crate) enum Flag {
    Fixed(bool),
    Expression(Expression),
}

/// A bound of `validate`: a number, or FEEL that gives one.
#[derive(Clone, Debug)]
pub(crate) enum Bound {
    Fixed(feel::Number),
    Expression(Expression),
}

/// What `validate` asks of an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) required: bool,
    pub(crate) min: Option<Bound>,
    pub(crate) max: Option<Bound>,
    pub(crate) min_length: Option<Bound>,
    pub(crate) max_length: Option<Bound>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) contact: Option<Contact>,
}

/// A pattern that the whole answer must match, and what to say if it does not.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) regex: regex::Regex,
    pub(crate) message: Option<String>,
}

/// `validationType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    Email,
    Phone,
}

/// What kind of component it is, with what only that kind has.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Something that a person answers.
    Question(Question),
    Group {
        components: Vec<Component>,
        /// Starts a section of a long form.
        section: bool,
    },
    List(ListField),
    Table {
        source: Expression,
        columns: Columns,
    },
    Prose {
        text: Template,
        tone: Tone,
    },
    Computed(Expression),
    Separator,
    Spacer,
}

/// How a question is answered.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    Text(TextField),
    /// A tick and a typed name; the answer is `{name, at}`.
    Signature,
    Number(NumberField),
    Moment(MomentField),
    Choice {
        look: Look,
        options: Options,
    },
    Checkbox,
    Checklist {
        options: Options,
        /// The option that stands for "none of these".
        exclusive: Option<String>,
    },
}

/// A line or a page of text.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextField {
    pub(crate) long: bool,
    /// Lines that a long text shows.
    pub(crate) lines: u8,
    pub(crate) prefix: String,
    pub(crate) suffix: String,
}

/// A decimal number.
#[derive(Clone, Debug, Default)]
pub(crate) struct NumberField {
    pub(crate) decimal_digits: Option<u32>,
    pub(crate) increment: Option<feel::Number>,
    /// Submit as text, for numbers that are codes.
    pub(crate) as_text: bool,
    pub(crate) prefix: String,
    pub(crate) suffix: String,
}

/// A date, a time, or both.
#[derive(Clone, Debug)]
pub(crate) struct MomentField {
    pub(crate) parts: Moment,
    pub(crate) not_past: bool,
    pub(crate) not_future: bool,
}

/// `subtype` of a datetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Date,
    Time,
    Both,
}

/// How one of several options is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Select,
    Radio,
}

/// Rows of the same fields.
#[derive(Clone, Debug)]
pub(crate) struct ListField {
    pub(crate) components: Vec<Component>,
    pub(crate) initial_rows: usize,
    pub(crate) may_change_rows: bool,
    pub(crate) min_rows: usize,
    pub(crate) max_rows: usize,
    /// One row in words, "goal".
    pub(crate) row_label: String,
}

/// Columns of a table.
#[derive(Clone, Debug)]
pub(crate) enum Columns {
    Fixed(Vec<Column>),
    Expression(Expression),
}

/// One column: the key in each row's data, and its heading.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) key: String,
    pub(crate) label: String,
}

/// How a text looks: `properties.tone`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    Plain,
    Inset,
    Warning,
    Notice,
}

impl Schema {
    /// Every component, containers before what they hold.
    pub(crate) fn walk<'s>(&'s self, visit: &mut impl FnMut(&'s Component)) {
        walk(&self.components, visit);
    }

    /// Whether a name at the top of the data is one of the form's.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.declared.contains(name)
    }
}

/// The names at the top of the data: groups without a path pass theirs on.
fn declared(components: &[Component], names: &mut BTreeSet<String>) {
    for component in components {
        match (component.path.first(), &component.kind) {
            (Some(name), _) => drop(names.insert(name.clone())),
            (None, Kind::Group { components, .. }) => declared(components, names),
            (None, _) => {}
        }
    }
}

fn walk<'s>(components: &'s [Component], visit: &mut impl FnMut(&'s Component)) {
    for component in components {
        visit(component);
        walk(component.components(), visit);
    }
}

impl Component {
    /// The components inside it; none for most kinds.
    pub(crate) fn components(&self) -> &[Component] {
        match &self.kind {
            Kind::Group { components, .. } => components,
            Kind::List(list) => &list.components,
            Kind::Question(_)
            | Kind::Table { .. }
            | Kind::Prose { .. }
            | Kind::Computed(_)
            | Kind::Separator
            | Kind::Spacer => &[],
        }
    }

    /// How a person answers it; none where there is nothing to answer.
    pub(crate) fn question(&self) -> Option<&Question> {
        if let Kind::Question(question) = &self.kind {
            Some(question)
        } else {
            None
        }
    }

    /// Whether it has a value of its own in the data.
    pub(crate) fn is_field(&self) -> bool {
        matches!(self.kind, Kind::Question(_) | Kind::Computed(_))
    }

    /// What the designer calls it: key or path, else the id.
    pub(crate) fn name(&self) -> String {
        if self.path.is_empty() {
            self.id.clone()
        } else {
            self.path.join(".")
        }
    }

    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    pub(crate) fn options(&self) -> Option<&Options> {
        match self.question()? {
            Question::Choice { options, .. } | Question::Checklist { options, .. } => Some(options),
            Question::Text(_)
            | Question::Signature
            | Question::Number(_)
            | Question::Moment(_)
            | Question::Checkbox => None,
        }
    }
}
