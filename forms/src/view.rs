//! What a template needs to print a form: everything decided, nothing left to work out.

mod build;
mod changes;
mod controls;
mod reveal;

use crate::schema::Tone;
use serde::Serialize;

pub(crate) use build::build;
pub(crate) use changes::changed;

/// What a form is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// To fill it in.
    Edit,
    /// To check the answers before completing, with links to change them.
    Check,
    /// To read the answers.
    Read,
}

/// A form ready to print.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The form's id.
    pub form: String,
    /// The form's title.
    pub title: String,
    /// What it is shown for.
    pub mode: Mode,
    /// Where the Change links of a check page lead; empty is this page.
    pub edit_url: String,
    /// Links of the error summary.
    pub errors: Vec<ErrorLink>,
    /// The sections of a long form; empty where it has none.
    pub sections: Vec<SectionView>,
    /// What stands on the page, in order.
    pub fields: Vec<FieldView>,
    /// Whether an answer changes what only the server can work out; without script a button asks for it.
    pub updates: bool,
}

impl View {
    /// Says of the suggestions of decisions how they came about. `words` gets the id of the decision and what is suggested. Fields of
    /// the page and of its groups are looked at, not those of lists.
    pub fn explain(&mut self, words: &dyn Fn(&str, &str) -> Option<String>) {
        explain(&mut self.fields, words);
    }
}

fn explain(fields: &mut [FieldView], words: &dyn Fn(&str, &str) -> Option<String>) {
    for field in fields {
        if let Control::Group { fields, .. } = &mut field.control {
            explain(fields, words);
        }
        if field.decision.is_empty() || field.suggested.is_empty() {
            continue;
        }
        if let Some(text) = words(&field.decision, &field.suggested) {
            field.notice = text;
        }
    }
}

/// A line of the error summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorLink {
    /// The id of the element to go to.
    pub element: String,
    /// What is wrong.
    pub message: String,
}

/// A section of a long form, as a chip above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SectionView {
    /// The id of its element in the page.
    pub anchor: String,
    /// Its heading.
    pub title: String,
    /// How far it is.
    pub state: SectionState,
    /// The same in words, for those who do not see the chip.
    pub words: &'static str,
}

/// How far a section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SectionState {
    /// Nothing answered yet.
    Empty,
    /// Something answered, something required missing.
    Begun,
    /// All that is required is there.
    Done,
    /// An error was found in it.
    Attention,
}

/// One thing on the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldView {
    /// The id of the input; `field-{id}` is that of the whole field.
    pub id: String,
    /// The name that is posted.
    pub name: String,
    /// The question.
    pub label: String,
    /// Help under the question.
    pub hint: String,
    /// What is wrong with the answer.
    pub error: String,
    /// Ids for `aria-describedby`.
    pub described_by: String,
    /// A line under the field: what a decision suggests.
    pub notice: String,
    /// What is suggested, by the label of the option; empty where nothing is.
    pub suggested: String,
    /// The id of the decision that suggests it; empty where the form does not say.
    pub decision: String,
    /// Whether completing needs an answer.
    pub required: bool,
    /// Whether its own hide condition leaves it out; what stands in a hidden container says nothing of that.
    pub hidden: bool,
    /// JSON of the literal test that the browser may do: `{"k":"seen","eq":["yes"]}`.
    pub show_if: String,
    /// The answer in words, a line each, for check and read.
    pub answer: Vec<String>,
    /// What the record says where the answer differs from it.
    pub was: Vec<String>,
    /// What to print.
    pub control: Control,
}

/// What a field looks like.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Control {
    /// Something to fill in.
    Input(Input),
    /// Fields under a common legend.
    Group {
        /// What it holds.
        fields: Vec<FieldView>,
        /// Whether it is a section of its own.
        section: bool,
    },
    /// Rows of the same fields.
    List(ListControl),
    /// Rows to read.
    Table {
        /// Headings.
        columns: Vec<String>,
        /// Cells, row by row.
        rows: Vec<Vec<String>>,
    },
    /// Text to read.
    Prose {
        /// Safe HTML.
        html: String,
        /// How it looks.
        tone: ToneView,
    },
    /// An answer that cannot be typed: computed, or read-only.
    Answer {
        /// Whether it was worked out.
        computed: bool,
    },
    /// A line across.
    Separator,
    /// Some room.
    Spacer,
}

/// What a question is answered with.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// A line of text or a number.
    Text(TextControl),
    /// Several lines, with a count where there is a limit.
    Textarea(TextareaControl),
    /// Day, month, year, and the time where it is asked.
    Date {
        /// The three fields.
        parts: Vec<DatePart>,
        /// The field of the time.
        time: Option<DatePart>,
    },
    /// A drop-down list.
    Select {
        /// Its options.
        options: Vec<OptionView>,
    },
    /// One of several.
    Radios {
        /// Its options.
        options: Vec<OptionView>,
        /// Beside each other.
        inline: bool,
    },
    /// Any of several.
    Checkboxes {
        /// Its options.
        options: Vec<OptionView>,
    },
    /// One tick.
    Checkbox {
        /// Whether it is ticked.
        checked: bool,
        /// What shows while it is ticked.
        reveals: Vec<FieldView>,
    },
    /// A tick and a typed name.
    Signature {
        /// Whether it is ticked.
        checked: bool,
        /// The typed name.
        value: String,
    },
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ToneView(pub(crate) Tone);

/// A line of text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TextControl {
    /// What stands in it.
    pub value: String,
    /// The `type` of the input.
    pub input_type: String,
    /// The `inputmode`, if any.
    pub input_mode: String,
    /// The `autocomplete`, if any.
    pub autocomplete: String,
    /// A width in characters that the theme knows: 2, 3, 4, 5, 10, 20, or empty.
    pub width: String,
    /// Before the input.
    pub prefix: String,
    /// After the input.
    pub suffix: String,
}

/// Several lines of text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TextareaControl {
    /// What stands in it.
    pub value: String,
    /// How many lines show.
    pub lines: u8,
    /// The most characters; 0 is no limit.
    pub max_length: usize,
    /// How many may still be typed, in words.
    pub remaining: String,
}

/// One field of a date.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatePart {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Day, Month, Year or Time.
    pub label: String,
    /// What stands in it.
    pub value: String,
    /// Its width in characters.
    pub width: u8,
    /// Whether the error is about it.
    pub wrong: bool,
}

/// An option of a choice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OptionView {
    /// Its id: that of the field for the first one, so that the error summary leads there.
    pub id: String,
    /// What is posted.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Help under it.
    pub hint: String,
    /// Whether it is chosen.
    pub checked: bool,
    /// Whether it stands apart, as "none of these".
    pub exclusive: bool,
    /// What shows while it is chosen.
    pub reveals: Vec<FieldView>,
}

/// Rows of the same fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListControl {
    /// The rows.
    pub rows: Vec<RowView>,
    /// Whether a row may be added.
    pub may_add: bool,
    /// The words of the button: "Add another goal".
    pub add: String,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowView {
    /// Its stable id.
    pub id: String,
    /// Its place, from 1.
    pub number: usize,
    /// Its heading: "Goal 1".
    pub title: String,
    /// Whether it may be removed.
    pub may_remove: bool,
    /// Its fields.
    pub fields: Vec<FieldView>,
}

impl Input {
    /// What each option reveals, in the order of the options; nothing for inputs that reveal nothing.
    pub(crate) fn reveals(&self) -> impl Iterator<Item = &[FieldView]> {
        let (options, tick): (&[OptionView], &[FieldView]) = match self {
            Input::Radios { options, .. } => (options, &[]),
            Input::Checkbox { reveals, .. } => (&[], reveals),
            Input::Text(_)
            | Input::Textarea(_)
            | Input::Date { .. }
            | Input::Select { .. }
            | Input::Checkboxes { .. }
            | Input::Signature { .. } => (&[], &[]),
        };
        let of_options = options.iter().map(|option| option.reveals.as_slice());
        of_options.chain((!tick.is_empty()).then_some(tick))
    }
}
