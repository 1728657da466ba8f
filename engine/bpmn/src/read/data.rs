//! Data objects and properties that are variables (BPMN 2.0.2, 10.4). Which are, and what moves data, is decided
//! where the standard's words are translated; those of subprocesses and activities are input mappings there.

use xml::Element;

use super::process::Draft;
use super::{BPMN, Reader, caseway};
use crate::definition::{Mapping, NodeIndex};

const KINDS: [(&str, &str); 3] = [
    ("dataObject", "data object"),
    ("dataObjectReference", "data object reference"),
    ("property", "property"),
];

/// Reads data that is a variable, and gives BPMN's word for it; `None` for everything else.
pub(super) fn read<'d>(
    reader: &mut Reader<'d>,
    draft: &mut Draft<'d>,
    xml: &'d Element,
    scope: Option<NodeIndex>,
) -> Option<&'static str> {
    if xml.is(BPMN, "dataStoreReference") {
        return caseway(xml, "store").map(|_| "data store reference");
    }
    let (_, kind) = KINDS.iter().find(|(name, _)| xml.is(BPMN, name))?;
    let variable = caseway(xml, "variable")?;
    let name = variable.attribute("name")?;
    let value = variable.attribute_named("", "value");
    if scope.is_none()
        && let Some(value) = value
        && let Some(source) = reader.attribute_text(xml, value)
    {
        draft.data.push(Mapping {
            source,
            target: vec![name.into()],
            stores: Vec::new(),
            writes_store: false,
        });
    }
    Some(*kind)
}
