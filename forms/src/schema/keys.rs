//! Which component types, keys and properties there are, and what a misspelt one was meant to be.

/// What becomes of a form-js component type.
pub(super) enum Support {
    /// Read into a component; the keys it has beside the common ones.
    Read(&'static [&'static str]),
    /// Left out of the page, with the reason.
    Ignored(&'static str),
    /// Not deployable: the reason and the way out.
    Refused(&'static str, &'static str),
}

/// Keys of the form itself.
pub(super) const FORM: &[&str] = &[
    "id",
    "title",
    "type",
    "components",
    "schemaVersion",
    "exporter",
    "executionPlatform",
    "executionPlatformVersion",
    "versionTag",
    "generated",
    "properties",
    "$schema",
];

/// Keys that every component may have.
pub(super) const COMMON: &[&str] = &[
    "id",
    "type",
    "key",
    "label",
    "description",
    "conditional",
    "properties",
    "layout",
    "validate",
    "disabled",
    "readonly",
    "defaultValue",
    "appearance",
];

/// Keys of `validate`.
pub(super) const VALIDATE: &[&str] = &[
    "required",
    "min",
    "max",
    "minLength",
    "maxLength",
    "pattern",
    "patternErrorMessage",
    "validationType",
];

/// Keys of `appearance`.
pub(super) const APPEARANCE: &[&str] = &["prefixAdorner", "suffixAdorner"];

const CHOICE: &[&str] = &["values", "valuesKey", "valuesExpression", "searchable"];
const LIST: &[&str] = &[
    "components",
    "path",
    "defaultRepetitions",
    "allowAddRemove",
    "isRepeating",
    "showOutline",
    "disableCollapse",
    "nonCollapsedItems",
    "verticalAlignment",
];
const DATE: &[&str] = &[
    "subtype",
    "dateLabel",
    "timeLabel",
    "timeSerializingFormat",
    "timeInterval",
    "disallowPassedDates",
    "use24h",
];

/// Looks a component type up; `None` where form-js has no such type.
pub(super) fn support(kind: &str) -> Option<Support> {
    use Support::{Ignored, Read, Refused};
    Some(match kind {
        "textfield" | "textarea" | "checkbox" | "separator" | "spacer" | "text" => match kind {
            "text" => Read(&["text"]),
            "spacer" => Read(&["height"]),
            _ => Read(&[]),
        },
        "number" => Read(&["decimalDigits", "increment", "serializeToString"]),
        "datetime" => Read(DATE),
        "select" | "radio" | "checklist" | "taglist" => Read(CHOICE),
        "group" => Read(&["components", "path", "showOutline", "verticalAlignment"]),
        "dynamiclist" => Read(LIST),
        "table" => Read(&["dataSource", "columns", "columnsExpression", "rowCount"]),
        "expression" => Read(&["expression", "computeOn"]),
        "button" => Ignored("the page has its own buttons for saving and completing"),
        "html" => {
            Ignored("HTML in forms is not shown, for safety; write the text as a `text` component")
        }
        "iframe" => Refused(
            "pages of other sites are not shown inside a form",
            "Put a link into a `text` component: [title](https://...).",
        ),
        "filepicker" => Refused(
            "files cannot be uploaded in a form yet",
            "Remove it; note the file's name in a textfield.",
        ),
        "image" => Refused(
            "images are not shown in a form yet",
            "Remove it, or describe it in a `text` component.",
        ),
        "documentPreview" => Refused("documents are not shown in a form yet", "Remove it."),
        _ => return None,
    })
}

/// The types that a person may use.
pub(super) const TYPES: &[&str] = &[
    "textfield",
    "textarea",
    "number",
    "datetime",
    "select",
    "radio",
    "checkbox",
    "checklist",
    "taglist",
    "group",
    "dynamiclist",
    "table",
    "text",
    "expression",
    "separator",
    "spacer",
];

/// Values of `properties.widget`.
pub(super) const WIDGETS: &[&str] = &["decision", "signature"];
/// Values of `properties.tone`.
pub(super) const TONES: &[&str] = &["plain", "inset", "warning", "notice"];

/// Properties that mean something here, with `hint.` and `error.` as openings of a name.
pub(super) const PROPERTIES: &[&str] = &[
    "widget",
    "tone",
    "section",
    "notFuture",
    "rows",
    "name",
    "suggestion",
    "decision",
    "reason",
    "exclusive",
    "minRows",
    "maxRows",
    "rowLabel",
    "autocomplete",
    "width",
    "inline",
    "note",
];
/// What may stand after `error.`.
pub(super) const ERRORS: &[&str] = &[
    "required",
    "min",
    "max",
    "minLength",
    "maxLength",
    "pattern",
    "type",
    "past",
    "future",
];

/// Whether a property is one of ours.
pub(super) fn known_property(name: &str) -> bool {
    match name.split_once('.') {
        Some(("hint", value)) => !value.is_empty(),
        Some(("error", rule)) => ERRORS.contains(&rule),
        Some(_) => false,
        None => PROPERTIES.contains(&name),
    }
}

/// The known name that a misspelt one is nearest to.
pub(super) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let best = known
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .min()?;
    let (distance, candidate) = best;
    (distance <= 1 + name.chars().count() / 4).then_some(candidate)
}

/// Letters to insert, delete or replace, ignoring case.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().take(64).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.to_lowercase().chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(
            nearest(name, COMMON.iter().copied().chain(VALIDATE.iter().copied())),
            expected,
            "{name}"
        );
    }

    #[test]
    fn a_misspelt_key_finds_the_one_that_was_meant() {
        check("lable", Some("label"));
        check("Readonly", Some("readonly"));
        check("readOnly", Some("readonly"));
        check("conditonal", Some("conditional"));
        check("maxLenght", Some("maxLength"));
        check("colour", None);
    }

    #[test]
    fn hints_of_options_and_messages_of_rules_are_known_properties() {
        assert!(
            known_property("hint.yes")
                && known_property("error.required")
                && known_property("tone")
        );
        assert!(
            !known_property("error.reqired")
                && !known_property("hint.")
                && !known_property("colour")
        );
    }
}
