//! Reads the JSON tree into components; what it does not understand becomes a problem, never a surprise.

mod kinds;
mod reader;

use super::keys::{self, Support};
use super::{Component, Kind, Question, Schema, ShowIf};
use crate::json::{Located, Node, Object};
use crate::limits;
use crate::problem::Problems;
use crate::problem::Severity::{Error, Hint, Warning};
use crate::template::Template;
use std::collections::BTreeMap;

pub(crate) use reader::Reader;

/// Reads a form's text; problems are added as they are found.
pub(crate) fn read(text: &str, problems: &mut Problems<'_>) -> Schema {
    let mut schema = Schema::default();
    if text.len() > limits::FORM_BYTES {
        let message = format!("the form is larger than {} bytes.", limits::FORM_BYTES);
        problems.add(Error, None, 0, message, "Split it into several forms.");
        return schema;
    }
    let root = match crate::json::read(text) {
        Ok(root) => root,
        Err(error) => {
            let message = format!("the text is not JSON: {}.", error.message);
            problems.add_at(
                Error,
                None,
                error.line,
                error.column,
                message,
                "Export the form again from the form editor.",
            );
            return schema;
        }
    };
    let Node::Object(form) = &root.node else {
        let message = format!("a form is a JSON object, and this is {}.", root.node.kind());
        problems.add(
            Error,
            None,
            root.offset,
            message,
            "Upload a form made with a form-js editor.",
        );
        return schema;
    };
    let mut reader = Reader { problems, count: 0 };
    reader.known_keys(None, form, &[keys::FORM]);
    reader.read_form(form, root.offset, &mut schema);
    schema.count = reader.count;
    super::declared(&schema.components, &mut schema.declared);
    schema
}

impl Reader<'_, '_> {
    fn read_form(&mut self, form: &Object, at: usize, schema: &mut Schema) {
        schema.id = self.text("the form", form, "id").unwrap_or_default();
        if schema.id.trim().is_empty() {
            self.problems.add(
                Error,
                None,
                at,
                "the form has no `id`.",
                "Add an id; user tasks refer to it.",
            );
        }
        if let Some(kind) = self
            .text("the form", form, "type")
            .filter(|kind| kind != "default")
        {
            self.problems.add(
                Error,
                None,
                at,
                format!("the form's type is `{kind}`."),
                "Only `default` is known.",
            );
        }
        match form.get("components") {
            Some(components) => schema.components = self.components("the form", components, 0),
            None => {
                let way_out = "Add the list `components`.";
                self.problems
                    .add(Error, None, at, "the form has no `components`.", way_out);
            }
        }
        let title = self.text("the form", form, "title");
        schema.title = title
            .or_else(|| first_heading(&schema.components))
            .unwrap_or_else(|| schema.id.clone());
    }

    /// The components of a form, group or list.
    pub(super) fn components(
        &mut self,
        owner: &str,
        list: &Located,
        depth: usize,
    ) -> Vec<Component> {
        let Node::Array(items) = &list.node else {
            let message = format!("`components` is {}, not a list.", list.node.kind());
            self.problems.add(
                Error,
                Some(owner),
                list.offset,
                message,
                "Write a list of components.",
            );
            return Vec::new();
        };
        if depth > limits::DEPTH {
            let message = format!(
                "components are nested deeper than {} levels.",
                limits::DEPTH
            );
            self.problems.add(
                Error,
                Some(owner),
                list.offset,
                message,
                "Flatten the groups.",
            );
            return Vec::new();
        }
        items
            .iter()
            .filter_map(|item| self.component(item, depth))
            .collect()
    }

    fn component(&mut self, item: &Located, depth: usize) -> Option<Component> {
        let Node::Object(object) = &item.node else {
            let message = format!("a component is {}, not an object.", item.node.kind());
            self.problems.add(
                Error,
                None,
                item.offset,
                message,
                "Write {\"type\": ..., \"key\": ...}.",
            );
            return None;
        };
        let number = self.count;
        self.count += 1;
        if number == limits::COMPONENTS {
            let message = format!("the form has more than {} components.", limits::COMPONENTS);
            self.problems.add(
                Error,
                None,
                item.offset,
                message,
                "Split it into several forms.",
            );
        }
        if number >= limits::COMPONENTS {
            return None;
        }
        let id = match object.get("id").map(|id| &id.node) {
            Some(Node::String(id)) => id.clone(),
            _ => format!("component {}", number + 1),
        };
        let path = self.path(&id, object);
        let name = if path.is_empty() {
            id.clone()
        } else {
            path.join(".")
        };
        let kind = self.text(&name, object, "type").unwrap_or_default();
        let own_keys = self.supported(&name, &kind, object, item.offset)?;
        self.known_keys(Some(&name), object, &[keys::COMMON, own_keys]);
        self.common(Common {
            number,
            id,
            path,
            name,
            kind,
            object,
            offset: item.offset,
            depth,
        })
    }

    fn common(&mut self, common: Common<'_>) -> Option<Component> {
        let Common {
            number,
            id,
            path,
            name,
            kind,
            object,
            offset,
            depth,
        } = common;
        let name = name.as_str();
        let properties = self.properties(name, object);
        let hide_text = match object
            .get("conditional")
            .map(|conditional| &conditional.node)
        {
            Some(Node::Object(conditional)) => {
                self.known_keys(Some(name), conditional, &[&["hide"]]);
                self.text(name, conditional, "hide")
                    .filter(|text| !text.trim().is_empty())
            }
            _ => None,
        };
        let hide_at = object
            .get("conditional")
            .map_or(offset, |conditional| conditional.offset);
        let hide = hide_text
            .as_deref()
            .and_then(|text| self.compile(name, "hide", text, hide_at));
        let rules = self.rules(name, object);
        let suggestion = properties.get("suggestion").cloned();
        let component = Component {
            number,
            offset,
            label: self.template(name, object, "label"),
            hint: self.template(name, object, "description"),
            show_if: hide_text.as_deref().and_then(ShowIf::from_hide),
            hide,
            readonly: self.flag(name, object, "readonly"),
            disabled: self.boolean(name, object, "disabled").unwrap_or(false),
            rules,
            default: object
                .get("defaultValue")
                .map(|value| reader::plain(&value.node))
                .filter(|value| !value.is_null()),
            suggestion: suggestion
                .and_then(|text| self.compile(name, "properties.suggestion", &text, offset)),
            kind: self.kind(name, &kind, object, &properties, offset, depth)?,
            properties,
            id,
            path,
        };
        Some(self.with_label_of_kind(component, object))
    }

    /// A datetime's label is its `dateLabel` or `timeLabel`.
    fn with_label_of_kind(&mut self, mut component: Component, object: &Object) -> Component {
        if component.label.is_empty() && matches!(component.question(), Some(Question::Moment(_))) {
            let name = component.name();
            for key in ["dateLabel", "timeLabel"] {
                if component.label.is_empty() {
                    component.label = self.template(&name, object, key);
                }
            }
        }
        component
    }

    fn supported(
        &mut self,
        name: &str,
        kind: &str,
        object: &Object,
        at: usize,
    ) -> Option<&'static [&'static str]> {
        let type_at = object.get("type").map_or(at, |kind| kind.offset);
        match keys::support(kind) {
            Some(Support::Read(own)) => return Some(own),
            Some(Support::Ignored(why)) => {
                let severity = if kind == "html" { Warning } else { Hint };
                self.problems.add(
                    severity,
                    Some(name),
                    type_at,
                    format!("`{kind}` is left out: {why}."),
                    "Remove it.",
                );
            }
            Some(Support::Refused(why, way_out)) => {
                self.problems.add(
                    Error,
                    Some(name),
                    type_at,
                    format!("`{kind}` is refused: {why}."),
                    way_out,
                );
            }
            None if kind.is_empty() => {
                self.problems.add(
                    Error,
                    Some(name),
                    at,
                    "has no `type`.",
                    "Add one, such as \"textfield\".",
                );
            }
            None => {
                let way_out = match keys::nearest(kind, keys::TYPES.iter().copied()) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => format!("Known types: {}.", keys::TYPES.join(", ")),
                };
                self.problems.add(
                    Error,
                    Some(name),
                    type_at,
                    format!("`{kind}` is no type of component."),
                    way_out,
                );
            }
        }
        None
    }

    fn path(&mut self, id: &str, object: &Object) -> Vec<String> {
        let key = if object.get("key").is_some() {
            "key"
        } else {
            "path"
        };
        let Some(text) = self.text(id, object, key).filter(|text| !text.is_empty()) else {
            return Vec::new();
        };
        let segments: Vec<String> = text.split('.').map(str::to_owned).collect();
        if let Some(bad) = segments.iter().find(|segment| !is_name(segment)) {
            let at = object.get(key).map_or(0, |value| value.offset);
            let message = format!("`{bad}` in `{key}` is no name that FEEL can read.");
            let way_out = "Use letters, digits and _, beginning with a letter.";
            self.problems.add(Error, Some(id), at, message, way_out);
        }
        segments
    }

    fn properties(&mut self, name: &str, object: &Object) -> BTreeMap<String, String> {
        let Some(located) = object.get("properties") else {
            return BTreeMap::new();
        };
        let Node::Object(properties) = &located.node else {
            let message = format!("`properties` is {}, not an object.", located.node.kind());
            self.problems.add(
                Error,
                Some(name),
                located.offset,
                message,
                "Write {\"name\": \"value\"}.",
            );
            return BTreeMap::new();
        };
        let mut known = BTreeMap::new();
        for (property, value) in properties.iter() {
            if !keys::known_property(property) {
                let known = keys::PROPERTIES.iter().copied();
                let way_out = match keys::nearest(property, known) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => "It is kept, but does nothing.".to_owned(),
                };
                let message = format!("the property `{property}` is not known here.");
                self.problems
                    .add(Hint, Some(name), value.offset, message, way_out);
            }
            known.insert(
                property.to_owned(),
                crate::words::value(&reader::plain(&value.node)),
            );
        }
        for (property, values) in [("widget", keys::WIDGETS), ("tone", keys::TONES)] {
            let Some(value) = known
                .get(property)
                .filter(|value| !values.contains(&value.as_str()))
            else {
                continue;
            };
            let message = format!("`{value}` is no {property}; the field is shown plainly.");
            self.problems.add(
                Warning,
                Some(name),
                located.offset,
                message,
                format!("Known: {}.", values.join(", ")),
            );
        }
        known
    }
}

/// What is known of a component before its kind is read.
struct Common<'j> {
    number: usize,
    id: String,
    path: Vec<String>,
    name: String,
    kind: String,
    object: &'j Object,
    offset: usize,
    depth: usize,
}

/// One word that FEEL reads as a name.
pub(super) fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    first && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The first `# heading` of a form that has no title of its own.
fn first_heading(components: &[Component]) -> Option<String> {
    components.iter().find_map(|component| {
        let Kind::Prose { text, .. } = &component.kind else {
            return None;
        };
        let outline = Template::outline(text);
        let heading = outline
            .lines()
            .next()?
            .strip_prefix('#')?
            .trim_start_matches('#')
            .trim();
        (!heading.is_empty()).then(|| heading.to_owned())
    })
}
