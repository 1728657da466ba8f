//! Link: goes on at another place of the same scope (BPMN 2.0.2, 10.5.5.11).
//!
//! A link is a flow that is not drawn: one from each event that throws it to the one that catches it, made when the
//! process is linked. So joins, reachability and soundness know of it like of every other flow.

use crate::read::NodeReader;

/// Which link an event throws or catches.
#[derive(Debug)]
pub struct LinkTrigger {
    /// Its name; the same on both sides.
    pub name: String,
}

pub(crate) fn read(
    node: &mut NodeReader<'_, '_>,
    definition: &xml::Element,
) -> Option<LinkTrigger> {
    let name = definition.attribute("name").unwrap_or_default().trim();
    if name.is_empty() {
        let message = format!("{} is a link without name", node.label());
        node.error_in(
            definition,
            message,
            "give both ends of the link the same name",
        );
        return None;
    }
    Some(LinkTrigger {
        name: name.to_owned(),
    })
}
