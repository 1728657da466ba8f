//! Reads what each type of component has of its own.

use super::reader::Reader;
use crate::json::{Node, Object};
use crate::limits;
use crate::problem::Severity::{Error, Warning};
use crate::schema::{
    Column, Columns, Kind, ListField, Look, Moment, MomentField, NumberField, Question, TextField,
    Tone, keys, options,
};
use std::collections::BTreeMap;

type Properties = BTreeMap<String, String>;

/// Lines of a long text unless `properties.rows` says otherwise.
const LINES: u8 = 5;

impl Reader<'_, '_> {
    pub(super) fn kind(
        &mut self,
        name: &str,
        kind: &str,
        object: &Object,
        properties: &Properties,
        at: usize,
        depth: usize,
    ) -> Option<Kind> {
        if let Some(question) = self.question(name, kind, object, properties, at) {
            return Some(Kind::Question(question));
        }
        Some(match kind {
            "group" => Kind::Group {
                components: self.nested(name, object, at, depth),
                section: yes(properties, "section"),
            },
            "dynamiclist" => Kind::List(self.list(name, object, properties, at, depth)),
            "table" => self.table(name, object, at)?,
            "text" => {
                let tone = match properties.get("tone").map(String::as_str) {
                    Some("inset") => Tone::Inset,
                    Some("warning") => Tone::Warning,
                    Some("notice") => Tone::Notice,
                    _ => Tone::Plain,
                };
                Kind::Prose {
                    text: self.template(name, object, "text"),
                    tone,
                }
            }
            "expression" => match self.expression(name, object, "expression") {
                Some(expression) => Kind::Computed(expression),
                None => {
                    if object.get("expression").is_none() {
                        self.problems.add(
                            Error,
                            Some(name),
                            at,
                            "has no `expression`.",
                            "Say what to work out.",
                        );
                    }
                    return None;
                }
            },
            "separator" => Kind::Separator,
            "spacer" => Kind::Spacer,
            _ => return None,
        })
    }

    fn question(
        &mut self,
        name: &str,
        kind: &str,
        object: &Object,
        properties: &Properties,
        at: usize,
    ) -> Option<Question> {
        Some(match kind {
            "textfield"
                if properties
                    .get("widget")
                    .is_some_and(|widget| widget == "signature") =>
            {
                Question::Signature
            }
            "textfield" => Question::Text(self.text_field(name, object, properties, false)),
            "textarea" => Question::Text(self.text_field(name, object, properties, true)),
            "number" => Question::Number(self.number_field(name, object)),
            "datetime" => Question::Moment(self.moment(name, object, properties)?),
            "select" => Question::Choice {
                look: Look::Select,
                options: options::read(self, name, object, at),
            },
            "radio" => Question::Choice {
                look: Look::Radio,
                options: options::read(self, name, object, at),
            },
            "checkbox" => Question::Checkbox,
            "checklist" | "taglist" => Question::Checklist {
                options: options::read(self, name, object, at),
                exclusive: properties.get("exclusive").cloned(),
            },
            _ => return None,
        })
    }

    fn text_field(
        &mut self,
        name: &str,
        object: &Object,
        properties: &Properties,
        long: bool,
    ) -> TextField {
        let (prefix, suffix) = self.adorners(name, object);
        let lines = properties
            .get("rows")
            .and_then(|rows| rows.parse().ok())
            .unwrap_or(LINES)
            .clamp(2, 30);
        TextField {
            long,
            lines,
            prefix,
            suffix,
        }
    }

    fn number_field(&mut self, name: &str, object: &Object) -> NumberField {
        let (prefix, suffix) = self.adorners(name, object);
        let increment = self.number(name, object, "increment");
        NumberField {
            decimal_digits: self
                .whole(name, object, "decimalDigits")
                .map(|digits| u32::try_from(digits).unwrap_or(28)),
            increment: increment.filter(|step| *step > feel::Number::ZERO),
            as_text: self
                .boolean(name, object, "serializeToString")
                .unwrap_or(false),
            prefix,
            suffix,
        }
    }

    fn adorners(&mut self, name: &str, object: &Object) -> (String, String) {
        let Some(Node::Object(appearance)) =
            object.get("appearance").map(|appearance| &appearance.node)
        else {
            return (String::new(), String::new());
        };
        self.known_keys(Some(name), appearance, &[keys::APPEARANCE]);
        let prefix = self
            .text(name, appearance, "prefixAdorner")
            .unwrap_or_default();
        (
            prefix,
            self.text(name, appearance, "suffixAdorner")
                .unwrap_or_default(),
        )
    }

    fn moment(
        &mut self,
        name: &str,
        object: &Object,
        properties: &Properties,
    ) -> Option<MomentField> {
        let parts = match self.text(name, object, "subtype").as_deref() {
            None | Some("date") => Moment::Date,
            Some("time") => Moment::Time,
            Some("datetime") => Moment::Both,
            Some(other) => {
                let at = object.get("subtype").map_or(0, |value| value.offset);
                let message = format!("`{other}` is no subtype of a datetime.");
                self.problems.add(
                    Error,
                    Some(name),
                    at,
                    message,
                    "Known: date, time, datetime.",
                );
                return None;
            }
        };
        let not_past = self
            .boolean(name, object, "disallowPassedDates")
            .unwrap_or(false);
        Some(MomentField {
            parts,
            not_past,
            not_future: yes(properties, "notFuture"),
        })
    }

    fn nested(
        &mut self,
        name: &str,
        object: &Object,
        at: usize,
        depth: usize,
    ) -> Vec<super::Component> {
        match object.get("components") {
            Some(list) => self.components(name, list, depth + 1),
            None => {
                self.problems.add(
                    Warning,
                    Some(name),
                    at,
                    "holds no components.",
                    "Fill it or remove it.",
                );
                Vec::new()
            }
        }
    }

    fn list(
        &mut self,
        name: &str,
        object: &Object,
        properties: &Properties,
        at: usize,
        depth: usize,
    ) -> ListField {
        if object.get("path").is_none() {
            let way_out = "Add `path`, the name of the list in the data.";
            self.problems.add(
                Error,
                Some(name),
                at,
                "a dynamic list has no `path`.",
                way_out,
            );
        }
        let components = self.nested(name, object, at, depth);
        let rows = |property: &str| {
            properties
                .get(property)
                .and_then(|rows| rows.parse::<usize>().ok())
        };
        let max_rows = rows("maxRows").unwrap_or(limits::ROWS).min(limits::ROWS);
        ListField {
            components,
            initial_rows: self
                .whole(name, object, "defaultRepetitions")
                .unwrap_or(1)
                .min(max_rows),
            may_change_rows: self.boolean(name, object, "allowAddRemove").unwrap_or(true),
            min_rows: rows("minRows").unwrap_or(0).min(max_rows),
            max_rows,
            row_label: properties.get("rowLabel").cloned().unwrap_or_default(),
        }
    }

    fn table(&mut self, name: &str, object: &Object, at: usize) -> Option<Kind> {
        let Some(source) = self.expression(name, object, "dataSource") else {
            if object.get("dataSource").is_none() {
                self.problems.add(
                    Error,
                    Some(name),
                    at,
                    "a table has no `dataSource`.",
                    "Write FEEL that gives rows.",
                );
            }
            return None;
        };
        if let Some(expression) = self.expression(name, object, "columnsExpression") {
            return Some(Kind::Table {
                source,
                columns: Columns::Expression(expression),
            });
        }
        let mut columns = Vec::new();
        if let Some(Node::Array(items)) = object.get("columns").map(|columns| &columns.node) {
            for item in items {
                let Node::Object(column) = &item.node else {
                    continue;
                };
                let key = self.text(name, column, "key").unwrap_or_default();
                let label = self
                    .text(name, column, "label")
                    .unwrap_or_else(|| key.clone());
                columns.push(Column { key, label });
            }
        }
        if columns.is_empty() {
            let way_out = "Add `columns`: a list of {label, key}.";
            self.problems
                .add(Error, Some(name), at, "a table has no columns.", way_out);
        }
        Some(Kind::Table {
            source,
            columns: Columns::Fixed(columns),
        })
    }
}

fn yes(properties: &Properties, name: &str) -> bool {
    properties
        .get(name)
        .is_some_and(|value| value == "true" || value == "yes")
}
