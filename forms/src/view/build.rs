//! From a filled form to its view.

use super::{
    Control, ErrorLink, FieldView, Input, ListControl, Mode, RowView, SectionState, SectionView,
    View, controls, reveal,
};
use crate::filled::Filled;
use crate::schema::{Columns, Component, Kind, ListField, Question};
use crate::typed;
use crate::validate::{self, FieldError};
use crate::words;
use feel::Value;

/// Builds the view. Errors are shown by the fields that they name.
pub(crate) fn build(filled: &Filled<'_>, mode: Mode, errors: &[FieldError]) -> View {
    let builder = Builder {
        filled,
        mode,
        errors,
    };
    let fields = builder.fields(&filled.roots);
    let links = errors.iter().map(|error| ErrorLink {
        element: error.element.clone(),
        message: error.message.clone(),
    });
    let updates = filled.nodes().any(|(index, node)| {
        let shows = node.component.hide.is_some() && builder.show_if(index).is_empty();
        let works_out = matches!(node.component.kind, Kind::Computed(_));
        shows || works_out || node.component.suggestion.is_some()
    });
    View {
        form: filled.schema.id.clone(),
        title: filled.schema.title.clone(),
        mode,
        edit_url: String::new(),
        errors: links.collect(),
        sections: builder.sections(),
        fields,
        updates,
    }
}

pub(super) struct Builder<'b, 'f> {
    pub(super) filled: &'b Filled<'f>,
    pub(super) mode: Mode,
    errors: &'b [FieldError],
}

impl Builder<'_, '_> {
    fn fields(&self, nodes: &[usize]) -> Vec<FieldView> {
        let shown = |&&index: &&usize| {
            let node = self.filled.node(index);
            let edit = self.mode == Mode::Edit;
            edit || !node.hidden
        };
        let fields = nodes
            .iter()
            .filter(shown)
            .map(|&index| self.field(index))
            .collect();
        if self.mode == Mode::Edit {
            reveal::nest(fields)
        } else {
            fields
        }
    }

    fn field(&self, index: usize) -> FieldView {
        let node = self.filled.node(index);
        let component = node.component;
        let scope = self.filled.scope(index);
        let text =
            |template: &crate::template::Template| template.text(&scope, self.filled.environment);
        let name = node.path.name();
        // Groups may share a path and texts have none: their ids end in their place in the form, which no key looks like.
        let shares_path = component.path.is_empty() || matches!(component.kind, Kind::Group { .. });
        let id = match shares_path {
            true => format!("{}-part{}", node.path.id(), component.number)
                .trim_start_matches('-')
                .to_owned(),
            false => node.path.id(),
        };
        let error = self
            .errors
            .iter()
            .find(|error| error.field == name && !shares_path);
        let environment = self.filled.environment;
        let answer = |value: &Value| match component.question() {
            Some(question) => words::answer(question, value, &node.options, environment),
            None => words::plain(value, environment)
                .lines()
                .map(str::to_owned)
                .collect(),
        };
        let value = node.answer.as_ref().ok();
        let (suggested, notice) = self.suggested(index);
        let decision = component.properties.get("decision");
        let mut field = FieldView {
            suggested,
            decision: decision.cloned().unwrap_or_default(),
            label: text(&component.label),
            hint: text(&component.hint),
            error: error.map(|error| error.message.clone()).unwrap_or_default(),
            described_by: String::new(),
            notice,
            required: is_required(component),
            hidden: node.hides_itself,
            show_if: String::new(),
            answer: value.map_or_else(|| node.texts.iter().flatten().cloned().collect(), answer),
            was: Vec::new(),
            control: self.control(index, &id, &name, error),
            id,
            name,
        };
        if let Some(question) = component.question().filter(|_| self.mode == Mode::Check)
            && !node.prefill.is_null()
        {
            let before = typed::adopt(question, &node.prefill, &node.options, environment);
            field.was = answer(&before);
            if field.was == field.answer {
                field.was.clear();
            }
        }
        if self.mode == Mode::Edit {
            field.show_if = self.show_if(index);
            field.described_by = described_by(&field);
        }
        field
    }

    fn control(&self, index: usize, id: &str, name: &str, error: Option<&FieldError>) -> Control {
        let node = self.filled.node(index);
        match &node.component.kind {
            Kind::Group { section, .. } => Control::Group {
                fields: self.fields(&node.children),
                section: *section,
            },
            Kind::List(list) => Control::List(self.list(index, list)),
            Kind::Table { source, columns } => self.table(index, source, columns),
            Kind::Prose { text, tone } => {
                let markdown = text.markdown(&self.filled.scope(index), self.filled.environment);
                Control::Prose {
                    html: crate::markdown::html(&markdown, 2),
                    tone: super::ToneView(*tone),
                }
            }
            Kind::Computed(_) => Control::Answer { computed: true },
            Kind::Separator => Control::Separator,
            Kind::Spacer => Control::Spacer,
            Kind::Question(_) if node.readonly => Control::Answer { computed: false },
            Kind::Question(question) => Control::Input(controls::question(
                self.filled,
                index,
                question,
                id,
                name,
                error,
            )),
        }
    }

    /// What `properties.suggestion` gives, by the label of the option, and the line that says so; other texts stand as they are.
    fn suggested(&self, index: usize) -> (String, String) {
        let Some(value) = self.filled.suggested(index) else {
            return (String::new(), String::new());
        };
        let options = &self.filled.node(index).options;
        match options.iter().find(|option| option.value == value) {
            Some(option) => {
                let line = format!(
                    "The answers so far suggest “{}”. You decide; say why if you choose differently.",
                    option.label
                );
                (option.label.clone(), line)
            }
            None => (String::new(), words::value(&value)),
        }
    }

    fn show_if(&self, index: usize) -> String {
        let node = self.filled.node(index);
        let Some(show_if) = &node.component.show_if else {
            return String::new();
        };
        let beside = || {
            let container = node
                .container
                .map(|container| &self.filled.node(container).path);
            container.map_or_else(
                || show_if.key.join("."),
                |path| path.with_keys(&show_if.key).name(),
            )
        };
        let name = if show_if.of_this || !self.filled.schema.declares(&show_if.key[0]) {
            beside()
        } else {
            show_if.key.join(".")
        };
        // The browser can only watch what it can change: anything else waits for the server.
        let watched = self.filled.nodes().any(|(_, node)| {
            let question = node.component.question();
            let choosable = matches!(question, Some(Question::Choice { .. } | Question::Checkbox));
            choosable && !node.readonly && !node.hidden && node.path.name() == name
        });
        if !watched {
            return String::new();
        }
        let verb = if show_if.not { "ne" } else { "eq" };
        serde_json::json!({ "k": name, verb: show_if.eq }).to_string()
    }

    fn list(&self, index: usize, list: &ListField) -> ListControl {
        let node = self.filled.node(index);
        let one = if list.row_label.is_empty() {
            "row"
        } else {
            list.row_label.as_str()
        };
        let editable = list.may_change_rows && !node.readonly && self.mode == Mode::Edit;
        let rows = node
            .children
            .iter()
            .filter(|&&row| self.mode == Mode::Edit || !self.filled.is_blank_row(row));
        let rows = rows.enumerate().map(|(place, &row)| {
            let node_of_row = self.filled.node(row);
            let mut fields = self.fields(&node_of_row.children);
            RowView {
                id: node_of_row
                    .row
                    .as_ref()
                    .map(|row| row.id.clone())
                    .unwrap_or_default(),
                number: place + 1,
                title: title(one, place, &mut fields),
                may_remove: editable && node.children.len() > list.min_rows,
                fields,
            }
        });
        ListControl {
            may_add: editable && node.children.len() < list.max_rows,
            add: if node.children.is_empty() {
                format!("Add a {one}")
            } else {
                format!("Add another {one}")
            },
            rows: rows.collect(),
        }
    }

    fn table(&self, index: usize, source: &feel::Expression, columns: &Columns) -> Control {
        let rows = crate::template::list(&self.filled.evaluate(index, source));
        let columns: Vec<(String, String)> = match columns {
            Columns::Fixed(columns) => columns
                .iter()
                .map(|column| (column.key.clone(), column.label.clone()))
                .collect(),
            Columns::Expression(expression) => {
                let columns = crate::template::list(&self.filled.evaluate(index, expression));
                let text = |column: &Value, name: &str| {
                    column
                        .as_context()
                        .and_then(|column| column.get(name))
                        .map(words::value)
                };
                columns
                    .iter()
                    .filter_map(|column| Some((text(column, "key")?, text(column, "label")?)))
                    .collect()
            }
        };
        let cell = |row: &Value, key: &str| {
            let value = row.as_context().map_or(Value::Null, |row| {
                let path: Vec<String> = key.split('.').map(str::to_owned).collect();
                crate::filled::at(row, &path)
            });
            words::plain(&value, self.filled.environment)
        };
        let cells = |row: &Value| columns.iter().map(|(key, _)| cell(row, key)).collect();
        let rows = rows.iter().take(crate::limits::ROWS).map(cells).collect();
        Control::Table {
            columns: columns.iter().map(|(_, label)| label.clone()).collect(),
            rows,
        }
    }

    fn sections(&self) -> Vec<SectionView> {
        let sections = self.filled.nodes().filter(|(_, node)| {
            matches!(node.component.kind, Kind::Group { section: true, .. }) && !node.hidden
        });
        let sections = sections.map(|(index, _)| {
            let field = self.field(index);
            let inside = |error: &&FieldError| self.contains(index, &error.field);
            let state = if self.errors.iter().any(|error| inside(&error)) {
                SectionState::Attention
            } else if !validate::is_begun(self.filled, index) {
                SectionState::Empty
            } else if validate::is_complete(self.filled, index) {
                SectionState::Done
            } else {
                SectionState::Begun
            };
            let words = match state {
                SectionState::Empty => "not started",
                SectionState::Begun => "not finished",
                SectionState::Done => "completed",
                SectionState::Attention => "has a problem",
            };
            SectionView {
                anchor: format!("field-{}", field.id),
                title: field.label,
                state,
                words,
            }
        });
        sections.collect()
    }

    fn contains(&self, index: usize, name: &str) -> bool {
        let node = self.filled.node(index);
        node.path.name() == name && !matches!(node.component.kind, Kind::Group { .. })
            || node
                .children
                .iter()
                .any(|&child| self.contains(child, name))
    }
}

/// Whether the mark "(optional)" would be wrong.
fn is_required(component: &Component) -> bool {
    let rows_are_given = if let Kind::List(list) = &component.kind {
        !list.may_change_rows || list.min_rows > 0
    } else {
        false
    };
    component.rules.required || rows_are_given
}

/// "Domain 1: safety": a row whose first field only says what the row is about has it as its title.
fn title(row: &str, place: usize, fields: &mut Vec<FieldView>) -> String {
    let title = format!("{} {}", words::at_start(row), place + 1);
    let given = fields.first().filter(|field| {
        let given = matches!(field.control, Control::Answer { computed: false });
        given && !field.hidden && field.answer.len() == 1
    });
    match given.map(|field| field.answer[0].clone()) {
        Some(about) => {
            fields.remove(0);
            format!("{title}: {about}")
        }
        None => title,
    }
}

/// The ids of hint, error, count and notice, in the order in which they are read.
fn described_by(field: &FieldView) -> String {
    let counted =
        matches!(&field.control, Control::Input(Input::Textarea(area)) if area.max_length > 0);
    let parts = [
        ("hint", !field.hint.is_empty()),
        ("error", !field.error.is_empty()),
        ("count", counted),
        ("notice", !field.notice.is_empty()),
    ];
    let ids = parts
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(part, _)| format!("{}-{part}", field.id));
    ids.collect::<Vec<_>>().join(" ")
}
