//! Checks at deployment: what reads well as JSON and would still fail or confuse a person who fills the form in.

use crate::filled;
use crate::problem::Problems;
use crate::problem::Severity::{Error, Hint, Warning};
use crate::schema::{Bound, Component, Flag, Kind, Options, Question, Schema};
use feel::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Questions that one page bears without sections.
const QUESTIONS_WITHOUT_SECTIONS: usize = 12;

/// Names that expressions may always read.
const SPECIAL: [&str; 6] = ["this", "parent", "i", "_this_", "_parent_", "_i_"];

/// Adds what is wrong with a schema.
pub(crate) fn lint(schema: &Schema, problems: &mut Problems<'_>) {
    let mut names = BTreeMap::new();
    unique_names("", &schema.components, &mut names, problems);
    let known = known_names(schema);
    schema.walk(&mut |component| {
        labels(component, problems);
        options(component, problems);
        rules(component, problems);
        expressions(component, &known, problems);
    });
    reveals(&schema.components, problems);
    sections(schema, problems);
    if let Err(cycle) = filled::order(schema) {
        let names: Vec<_> = cycle.0.iter().map(|(name, _)| name.as_str()).collect();
        let at = cycle.0.first().map_or(0, |(_, offset)| *offset);
        let message = format!("computed fields wait for each other: {}.", names.join(", "));
        problems.add(
            Error,
            names.first().copied(),
            at,
            message,
            "Let one of them read only answers.",
        );
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Answer,
    Group,
}

/// Each name of the data belongs to one component; several groups may share a path.
fn unique_names(
    container: &str,
    components: &[Component],
    names: &mut BTreeMap<String, Holds>,
    problems: &mut Problems<'_>,
) {
    for component in components {
        let own = component.path.join(".");
        let name = [container, &own]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(".");
        let holds = if matches!(component.kind, Kind::Group { .. }) {
            Holds::Group
        } else {
            Holds::Answer
        };
        if !own.is_empty() {
            let before = names.insert(name.clone(), holds);
            if before.is_some_and(|before| before == Holds::Answer || holds == Holds::Answer) {
                let message = format!("`{own}` is the name of two components.");
                problems.add(
                    Error,
                    Some(&own),
                    component.offset,
                    message,
                    "Give each its own key.",
                );
            }
        }
        let inside = if matches!(component.kind, Kind::List(_)) {
            format!("{name}[]")
        } else {
            name
        };
        unique_names(&inside, component.components(), names, problems);
    }
}

fn labels(component: &Component, problems: &mut Problems<'_>) {
    let name = component.name();
    let name = Some(name.as_str());
    let keyed = component.is_field();
    if keyed && component.path.is_empty() {
        problems.add(
            Error,
            name,
            component.offset,
            "has no `key`.",
            "Add one; the answer is stored under it.",
        );
    }
    if keyed && component.label.is_empty() {
        problems.add(
            Error,
            name,
            component.offset,
            "has no label.",
            "Say in words what is asked.",
        );
    }
    if matches!(
        component.kind,
        Kind::List(_) | Kind::Table { .. } | Kind::Group { section: true, .. }
    ) && component.label.is_empty()
    {
        problems.add(
            Warning,
            name,
            component.offset,
            "has no label.",
            "A heading tells readers what the rows are.",
        );
    }
    if component.label.outline().ends_with(':') {
        problems.add(
            Warning,
            name,
            component.offset,
            "the label ends with a colon.",
            "Leave the colon out.",
        );
    }
}

fn options(component: &Component, problems: &mut Problems<'_>) {
    let Some(Options::Static(options)) = component.options() else {
        return;
    };
    let name = component.name();
    let name = Some(name.as_str());
    let known: BTreeSet<String> = options
        .iter()
        .map(|option| crate::words::value(&option.value))
        .collect();
    let hints = component
        .properties
        .keys()
        .filter_map(|property| property.strip_prefix("hint."));
    let exclusive = component.property("exclusive");
    for value in hints
        .chain(exclusive)
        .filter(|value| !known.contains(*value))
    {
        let message = format!("a property speaks of the option `{value}`, which there is not.");
        problems.add(
            Warning,
            name,
            component.offset,
            message,
            "Use the option's value.",
        );
    }
    let defaults: Vec<&Value> = match &component.default {
        Some(Value::List(items)) => items.iter().collect(),
        other => other.iter().collect(),
    };
    for value in defaults
        .into_iter()
        .map(crate::words::value)
        .filter(|value| !known.contains(value))
    {
        let message = format!("the default value `{value}` is none of the options.");
        problems.add(
            Warning,
            name,
            component.offset,
            message,
            "Use an option's value.",
        );
    }
}

fn rules(component: &Component, problems: &mut Problems<'_>) {
    let rules = &component.rules;
    let name = component.name();
    let name = Some(name.as_str());
    let text = matches!(component.question(), Some(Question::Text(_)));
    let number = matches!(component.question(), Some(Question::Number(_)));
    let asked = component.question().is_some() || matches!(component.kind, Kind::List(_));
    let without_effect = [
        ("required", rules.required && !asked),
        ("min", rules.min.is_some() && !number),
        ("max", rules.max.is_some() && !number),
        ("minLength", rules.min_length.is_some() && !text),
        ("maxLength", rules.max_length.is_some() && !text),
        ("pattern", rules.pattern.is_some() && !text),
        ("validationType", rules.contact.is_some() && !text),
    ];
    for (rule, _) in without_effect.into_iter().filter(|(_, idle)| *idle) {
        let message = format!("`{rule}` has no effect on this type of component.");
        problems.add(Warning, name, component.offset, message, "Remove it.");
    }
    if rules.required && component.disabled {
        let way_out = "A disabled field is never checked; remove one of the two.";
        problems.add(
            Warning,
            name,
            component.offset,
            "is required and disabled.",
            way_out,
        );
    }
    if let (Some(Bound::Fixed(min)), Some(Bound::Fixed(max))) = (&rules.min, &rules.max)
        && min > max
    {
        let message = format!("no number is both {min} or more and {max} or less.");
        problems.add(
            Error,
            name,
            component.offset,
            message,
            "Exchange min and max.",
        );
    }
    if let Kind::List(list) = &component.kind
        && list.min_rows > list.max_rows
    {
        problems.add(
            Error,
            name,
            component.offset,
            "minRows is more than maxRows.",
            "Exchange them.",
        );
    }
}

/// Every name that a field of the form has, at whatever depth.
fn known_names(schema: &Schema) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = SPECIAL.iter().map(|&name| name.to_owned()).collect();
    schema.walk(&mut |component| names.extend(component.path.first().cloned()));
    names
}

fn expressions(component: &Component, known: &BTreeSet<String>, problems: &mut Problems<'_>) {
    let mut reads: BTreeSet<&str> = BTreeSet::new();
    let rules = &component.rules;
    let bounds = [&rules.min, &rules.max, &rules.min_length, &rules.max_length];
    for bound in bounds.into_iter().flatten() {
        if let Bound::Expression(expression) = bound {
            reads.extend(expression.reads().iter().map(String::as_str));
        }
    }
    if let Flag::Expression(expression) = &component.readonly {
        reads.extend(expression.reads().iter().map(String::as_str));
    }
    let of_kind = match &component.kind {
        Kind::Computed(expression)
        | Kind::Table {
            source: expression, ..
        } => Some(expression),
        Kind::Question(_)
        | Kind::Group { .. }
        | Kind::List(_)
        | Kind::Prose { .. }
        | Kind::Separator
        | Kind::Spacer => None,
    };
    let options = component.options().and_then(|options| match options {
        Options::Expression(expression) => Some(expression),
        Options::Static(_) | Options::Variable(_) => None,
    });
    for expression in [
        component.hide.as_ref(),
        component.suggestion.as_ref(),
        of_kind,
        options,
    ]
    .into_iter()
    .flatten()
    {
        reads.extend(expression.reads().iter().map(String::as_str));
    }
    reads.extend(
        component
            .label
            .reads()
            .chain(component.hint.reads())
            .map(String::as_str),
    );
    for name in reads.into_iter().filter(|name| !known.contains(*name)) {
        let message = format!("reads `{name}`, which is no field of this form.");
        let way_out = format!("The process must give a variable `{name}` to the task.");
        problems.add(
            Hint,
            Some(&component.name()),
            component.offset,
            message,
            way_out,
        );
    }
}

/// One choice should reveal one question.
fn reveals(components: &[Component], problems: &mut Problems<'_>) {
    let mut revealed: BTreeMap<(Vec<String>, Vec<String>), usize> = BTreeMap::new();
    for component in components {
        if let Some(show_if) = component
            .show_if
            .as_ref()
            .filter(|_| component.question().is_some())
        {
            let count = revealed
                .entry((show_if.key.clone(), show_if.eq.clone()))
                .or_default();
            *count += 1;
            if *count == 2 {
                let message = format!(
                    "an answer to `{}` reveals more than one question.",
                    show_if.key.join(".")
                );
                let way_out =
                    "Reveal one question at a time, or put them into a group with the condition.";
                problems.add(
                    Hint,
                    Some(&component.name()),
                    component.offset,
                    message,
                    way_out,
                );
            }
        }
        reveals(component.components(), problems);
    }
}

fn sections(schema: &Schema, problems: &mut Problems<'_>) {
    let (mut questions, mut sections) = (0, 0);
    schema.walk(&mut |component| {
        questions += usize::from(component.question().is_some());
        sections += usize::from(matches!(component.kind, Kind::Group { section: true, .. }));
    });
    if questions > QUESTIONS_WITHOUT_SECTIONS && sections == 0 {
        let message = format!("the form asks {questions} questions on one page without sections.");
        let way_out = "Put them into groups with the property `section` = `true`.";
        problems.add(Hint, None, 0, message, way_out);
    }
}
