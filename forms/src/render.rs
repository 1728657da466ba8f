//! Prints views as HTML with the handlebars partials of `forms/templates`.
//!
//! Nesting is done here, not in the templates: what a group or row holds is printed first and handed over as `body`.

use crate::view::{self, Control, FieldView, Input, ListControl, Mode, RowView, View};
use handlebars::Handlebars;
use serde::Serialize;
use std::collections::BTreeMap;

/// The partials, read once. Cheap to share by reference; make one at start.
#[derive(Debug)]
pub struct Renderer {
    templates: Handlebars<'static>,
}

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../templates/", $name, ".hbs")))),*]
    };
}

const TEMPLATES: [(&str, &str); 32] = templates![
    "answer",
    "answer_lines",
    "checkbox",
    "checkboxes",
    "date",
    "date_part",
    "default_button",
    "described",
    "error_summary",
    "field",
    "group",
    "heading",
    "help",
    "label",
    "legend",
    "list",
    "prose",
    "radios",
    "row",
    "sections",
    "select",
    "separator",
    "signature",
    "spacer",
    "summary",
    "summary_row",
    "summary_table",
    "table",
    "table_rows",
    "text",
    "textarea",
    "update",
];

impl Default for Renderer {
    fn default() -> Self {
        Self::new()
    }
}

/// A field with what its nested parts print.
#[derive(Serialize)]
struct Filled<'v> {
    #[serde(flatten)]
    field: &'v FieldView,
    /// HTML of what it holds.
    body: String,
    /// HTML of its control.
    input: String,
    /// HTML of what each option reveals, in the order of the options.
    reveals: Vec<String>,
    /// Where Change links lead.
    edit_url: &'v str,
    read_only: bool,
    /// Why the answer cannot be changed; empty where it can.
    fixed: &'static str,
    heading: u8,
}

#[derive(Serialize)]
struct Row<'v> {
    #[serde(flatten)]
    row: &'v RowView,
    list: &'v FieldView,
    body: String,
    heading: u8,
}

impl Renderer {
    /// Reads the partials that the program carries.
    pub fn new() -> Renderer {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        for (name, text) in TEMPLATES {
            templates
                .register_template_string(name, text)
                .expect("the templates in the tree are tested");
        }
        Renderer { templates }
    }

    /// The error summary and the whole form.
    pub fn html(&self, view: &View) -> String {
        format!("{}{}", self.error_summary(view), self.fields(view))
    }

    /// The error summary alone, for pages that put it above their heading; empty without errors.
    pub fn error_summary(&self, view: &View) -> String {
        if view.errors.is_empty() {
            String::new()
        } else {
            self.print("error_summary", view)
        }
    }

    /// The chips of a long form's sections; empty where it has none.
    pub fn sections(&self, view: &View) -> String {
        if view.sections.is_empty() {
            String::new()
        } else {
            self.print("sections", view)
        }
    }

    /// The form without the error summary.
    pub fn fields(&self, view: &View) -> String {
        match view.mode {
            Mode::Edit => {
                let mut html = self.print("default_button", view);
                html.push_str("<div class=\"fields\">\n");
                html.push_str(&self.all(&view.fields, 2));
                html.push_str("</div>\n");
                if view.updates {
                    html.push_str(&self.print("update", view));
                }
                html
            }
            Mode::Check | Mode::Read => self.summary(view, &view.fields, 2),
        }
    }

    /// HTML by element id of each field that looks different in `after`, apart from what was typed: the answer to an autosave.
    pub fn fragments(&self, before: &View, after: &View) -> BTreeMap<String, String> {
        let changed = view::changed(before, after);
        changed
            .into_iter()
            .map(|field| (format!("field-{}", field.id), self.field(field, 3)))
            .collect()
    }

    fn all(&self, fields: &[FieldView], heading: u8) -> String {
        fields
            .iter()
            .map(|field| self.field(field, heading))
            .collect()
    }

    fn field(&self, field: &FieldView, heading: u8) -> String {
        if field.hidden && field.show_if.is_empty() {
            // An empty place, so that the answer to an autosave can put the field here.
            return format!(
                "<div id=\"field-{}\" hidden></div>\n",
                handlebars::html_escape(&field.id)
            );
        }
        let mut filled = Filled {
            field,
            body: String::new(),
            input: String::new(),
            reveals: Vec::new(),
            edit_url: "",
            read_only: false,
            fixed: "",
            heading,
        };
        match &field.control {
            Control::Group { fields, .. } => {
                filled.body = self.all(fields, heading + 1);
                self.print("group", &filled)
            }
            Control::List(list) => {
                filled.body = list
                    .rows
                    .iter()
                    .map(|row| self.row(field, row, heading + 1))
                    .collect();
                self.print("list", &filled)
            }
            Control::Table { .. } => self.print("table", &filled),
            Control::Prose { .. } => self.print("prose", &filled),
            Control::Separator => self.print("separator", &filled),
            Control::Spacer => self.print("spacer", &filled),
            Control::Answer { .. } => {
                filled.input = self.print("answer", &filled);
                self.print("field", &filled)
            }
            Control::Input(input) => {
                filled.reveals = input
                    .reveals()
                    .map(|part| self.all(part, heading))
                    .collect();
                filled.input = self.print(template(input), &filled);
                self.print("field", &filled)
            }
        }
    }

    fn row(&self, list: &FieldView, row: &RowView, heading: u8) -> String {
        self.print(
            "row",
            &Row {
                row,
                list,
                body: self.all(&row.fields, heading + 1),
                heading,
            },
        )
    }

    /// Answers to check or to read: runs of fields become summary lists, groups and rows get headings.
    fn summary(&self, view: &View, fields: &[FieldView], heading: u8) -> String {
        let mut html = String::new();
        let mut lines = String::new();
        for field in fields {
            let block = match &field.control {
                Control::Input(_) | Control::Answer { .. } => {
                    lines.push_str(&self.print("summary_row", &self.line(view, field)));
                    continue;
                }
                Control::Group { fields, .. } => {
                    self.summary_of_group(view, field, fields, heading)
                }
                Control::List(list) => self.summary_of_list(view, field, list, heading),
                Control::Table { .. } => self.print("summary_table", &self.line(view, field)),
                Control::Prose { .. } | Control::Separator | Control::Spacer => String::new(),
            };
            html.push_str(&self.print_list(&mut lines));
            html.push_str(&block);
        }
        html.push_str(&self.print_list(&mut lines));
        html
    }

    /// A group that shows nothing is left out, and one without a label adds no heading.
    fn summary_of_group(
        &self,
        view: &View,
        group: &FieldView,
        fields: &[FieldView],
        heading: u8,
    ) -> String {
        if group.label.is_empty() {
            return self.summary(view, fields, heading);
        }
        let body = self.summary(view, fields, heading + 1);
        if body.is_empty() {
            body
        } else {
            self.headed(&group.label, &body, heading)
        }
    }

    fn summary_of_list(
        &self,
        view: &View,
        field: &FieldView,
        list: &ListControl,
        heading: u8,
    ) -> String {
        let rows = list.rows.iter().map(|row| {
            let body = self.summary(view, &row.fields, heading + 2);
            self.headed(&row.title, &body, heading + 1)
        });
        let body: String = if list.rows.is_empty() {
            "<p class=\"govuk-body\">None</p>".to_owned()
        } else {
            rows.collect()
        };
        self.headed(&field.label, &body, heading)
    }

    fn line<'v>(&self, view: &'v View, field: &'v FieldView) -> Filled<'v> {
        Filled {
            field,
            body: String::new(),
            input: String::new(),
            reveals: Vec::new(),
            edit_url: &view.edit_url,
            read_only: view.mode == Mode::Read,
            fixed: fixed(&field.control),
            heading: 3,
        }
    }

    fn print_list(&self, lines: &mut String) -> String {
        if lines.is_empty() {
            return String::new();
        }
        self.print(
            "summary",
            &BTreeMap::from([("body", std::mem::take(lines))]),
        )
    }

    fn headed(&self, title: &str, body: &str, level: u8) -> String {
        let parts = BTreeMap::from([
            ("title", title.to_owned()),
            ("body", body.to_owned()),
            ("level", level.min(6).to_string()),
        ]);
        self.print("heading", &parts)
    }

    fn print(&self, name: &str, data: &impl Serialize) -> String {
        self.templates.render(name, data).expect(
            "every template is printed by a test, and data of the same types cannot fail it",
        )
    }
}

/// Why an answer cannot be changed; empty where it can.
fn fixed(control: &Control) -> &'static str {
    let Control::Answer { computed } = control else {
        return "";
    };
    if *computed {
        "Worked out"
    } else {
        "From the record"
    }
}

fn template(input: &Input) -> &'static str {
    match input {
        Input::Text(_) => "text",
        Input::Textarea(_) => "textarea",
        Input::Date { .. } => "date",
        Input::Select { .. } => "select",
        Input::Radios { .. } => "radios",
        Input::Checkboxes { .. } => "checkboxes",
        Input::Checkbox { .. } => "checkbox",
        Input::Signature { .. } => "signature",
    }
}
