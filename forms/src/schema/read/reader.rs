//! Reads single members of a JSON object: texts, flags, bounds, expressions.

use crate::json::{Node, Object};
use crate::problem::Problems;
use crate::problem::Severity::{Error, Warning};
use crate::schema::keys;
use crate::schema::{Bound, Contact, Flag, Pattern, Rules};
use crate::template::Template;
use feel::{Context, Expression, Number, Value};

/// Where problems go while components are read, and how many components there were.
pub(crate) struct Reader<'p, 't> {
    pub(crate) problems: &'p mut Problems<'t>,
    pub(crate) count: usize,
}

impl Reader<'_, '_> {
    /// Names every member that nothing reads.
    pub(super) fn known_keys(&mut self, name: Option<&str>, object: &Object, known: &[&[&str]]) {
        let mut seen: Vec<&str> = Vec::new();
        for (key, value) in object.iter() {
            if seen.contains(&key) {
                let message = format!("`{key}` is there twice.");
                self.problems
                    .add(Error, name, value.offset, message, "Keep one.");
            }
            seen.push(key);
            if known.iter().any(|names| names.contains(&key)) || key.starts_with('_') {
                continue;
            }
            let all = known.iter().flat_map(|names| names.iter().copied());
            let way_out = match keys::nearest(key, all) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Nothing reads it; remove it.".to_owned(),
            };
            self.problems.add(
                Warning,
                name,
                value.offset,
                format!("the key `{key}` is not known here."),
                way_out,
            );
        }
    }

    fn wrong_kind(&mut self, name: &str, object: &Object, key: &str, wanted: &str) {
        let Some(value) = object.get(key) else { return };
        let message = format!("`{key}` is {}, not {wanted}.", value.node.kind());
        self.problems.add(
            Error,
            Some(name),
            value.offset,
            message,
            format!("Write {wanted}."),
        );
    }

    /// A text; absent and null are none.
    pub(crate) fn text(&mut self, name: &str, object: &Object, key: &str) -> Option<String> {
        match &object.get(key)?.node {
            Node::String(text) => Some(text.clone()),
            Node::Null => None,
            Node::Boolean(_) | Node::Number(_) | Node::Array(_) | Node::Object(_) => {
                self.wrong_kind(name, object, key, "a text");
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, name: &str, object: &Object, key: &str) -> Option<bool> {
        match &object.get(key)?.node {
            Node::Boolean(value) => Some(*value),
            Node::Null => None,
            Node::String(_) | Node::Number(_) | Node::Array(_) | Node::Object(_) => {
                self.wrong_kind(name, object, key, "true or false");
                None
            }
        }
    }

    /// A decimal number, also written as text.
    pub(super) fn number(&mut self, name: &str, object: &Object, key: &str) -> Option<Number> {
        let text = match &object.get(key)?.node {
            Node::Number(number) => number.to_string(),
            Node::String(text) if text.trim().is_empty() => return None,
            Node::String(text) => text.trim().to_owned(),
            Node::Null => return None,
            Node::Boolean(_) | Node::Array(_) | Node::Object(_) => String::new(),
        };
        let number = text.parse().ok();
        if number.is_none() {
            self.wrong_kind(name, object, key, "a number");
        }
        number
    }

    /// A whole number from 0, of reasonable size.
    pub(super) fn whole(&mut self, name: &str, object: &Object, key: &str) -> Option<usize> {
        let number = self.number(name, object, key)?;
        let whole = number
            .to_i64()
            .and_then(|number| usize::try_from(number).ok());
        if whole.is_none() {
            self.wrong_kind(name, object, key, "a whole number");
        }
        whole
    }

    /// A FEEL expression, with or without the `=` before it.
    pub(crate) fn expression(
        &mut self,
        name: &str,
        object: &Object,
        key: &str,
    ) -> Option<Expression> {
        let text = self
            .text(name, object, key)
            .filter(|text| !text.trim().is_empty())?;
        let at = object.get(key).map_or(0, |value| value.offset);
        self.compile(name, key, &text, at)
    }

    pub(super) fn compile(
        &mut self,
        name: &str,
        key: &str,
        text: &str,
        at: usize,
    ) -> Option<Expression> {
        let text = text.trim().trim_start_matches('=').trim();
        match Expression::compile(text) {
            Ok(expression) => Some(expression),
            Err(problem) => {
                let message = format!("`{key}` is not FEEL: {problem} (in `{text}`).");
                self.problems
                    .add(Error, Some(name), at, message, "Correct the expression.");
                None
            }
        }
    }

    pub(super) fn template(&mut self, name: &str, object: &Object, key: &str) -> Template {
        let Some(text) = self.text(name, object, key) else {
            return Template::default();
        };
        match Template::compile(&text) {
            Ok(template) => template,
            Err(problem) => {
                let at = object.get(key).map_or(0, |value| value.offset);
                let message = format!("`{key}` has an expression that is not FEEL: {}.", problem.0);
                self.problems.add(
                    Error,
                    Some(name),
                    at,
                    message,
                    "Correct what stands in {{...}} or after =.",
                );
                Template::plain(text)
            }
        }
    }

    pub(super) fn flag(&mut self, name: &str, object: &Object, key: &str) -> Flag {
        match object.get(key).map(|value| &value.node) {
            Some(Node::Boolean(value)) => Flag::Fixed(*value),
            Some(Node::String(_)) => self
                .expression(name, object, key)
                .map_or(Flag::Fixed(false), Flag::Expression),
            None | Some(Node::Null) => Flag::Fixed(false),
            Some(Node::Number(_) | Node::Array(_) | Node::Object(_)) => {
                self.wrong_kind(name, object, key, "true, false or FEEL");
                Flag::Fixed(false)
            }
        }
    }

    fn bound(&mut self, name: &str, object: &Object, key: &str) -> Option<Bound> {
        match &object.get(key)?.node {
            Node::String(text) if text.trim_start().starts_with('=') => {
                self.expression(name, object, key).map(Bound::Expression)
            }
            Node::Null
            | Node::Boolean(_)
            | Node::Number(_)
            | Node::String(_)
            | Node::Array(_)
            | Node::Object(_) => self.number(name, object, key).map(Bound::Fixed),
        }
    }

    /// What `validate` says.
    pub(super) fn rules(&mut self, name: &str, object: &Object) -> Rules {
        let Some(located) = object.get("validate") else {
            return Rules::default();
        };
        let Node::Object(validate) = &located.node else {
            self.wrong_kind(name, object, "validate", "an object");
            return Rules::default();
        };
        self.known_keys(Some(name), validate, &[keys::VALIDATE]);
        let contact = match self.text(name, validate, "validationType").as_deref() {
            None | Some("" | "custom") => None,
            Some("email") => Some(Contact::Email),
            Some("phone") => Some(Contact::Phone),
            Some(other) => {
                let message = format!("`{other}` is no validationType.");
                self.problems.add(
                    Error,
                    Some(name),
                    located.offset,
                    message,
                    "Known: email, phone, custom.",
                );
                None
            }
        };
        Rules {
            required: self.boolean(name, validate, "required").unwrap_or(false),
            min: self.bound(name, validate, "min"),
            max: self.bound(name, validate, "max"),
            min_length: self.bound(name, validate, "minLength"),
            max_length: self.bound(name, validate, "maxLength"),
            pattern: self.pattern(name, validate),
            contact,
        }
    }

    fn pattern(&mut self, name: &str, validate: &Object) -> Option<Pattern> {
        let text = self
            .text(name, validate, "pattern")
            .filter(|text| !text.is_empty())?;
        let message = self
            .text(name, validate, "patternErrorMessage")
            .filter(|text| !text.is_empty());
        match regex::RegexBuilder::new(&text).size_limit(1 << 20).build() {
            Ok(regex) => Some(Pattern { regex, message }),
            Err(error) => {
                let at = validate.get("pattern").map_or(0, |value| value.offset);
                let reason = error
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .to_owned();
                let message = format!("`pattern` is no regular expression: {reason}.");
                let way_out = "Look-around and back-references are not supported.";
                self.problems.add(Error, Some(name), at, message, way_out);
                None
            }
        }
    }
}

/// A JSON value as FEEL's.
pub(super) fn plain(node: &Node) -> Value {
    match node {
        Node::Null => Value::Null,
        Node::Boolean(value) => Value::from(*value),
        Node::Number(number) => Value::from_json(serde_json::Value::Number(number.clone())),
        Node::String(text) => Value::from(text.clone()),
        Node::Array(items) => Value::from(
            items
                .iter()
                .map(|item| plain(&item.node))
                .collect::<Vec<_>>(),
        ),
        Node::Object(object) => {
            let members = object
                .iter()
                .map(|(name, value)| (name.to_owned(), plain(&value.node)));
            Value::from(members.collect::<Context>())
        }
    }
}
