//! Messages: camunda 7 and flowable leave to the caller which instance a message is for; here the model says it.

use super::editing::Editing;
use crate::read::BPMN;

/// A message without correlation key is for the instance with the business id.
pub(super) fn complete(editing: &mut Editing<'_, '_>) {
    let xml = editing.xml;
    if !xml.is(BPMN, "message") || editing.says_in_zeebe("subscription") {
        return;
    }
    let subscription = editing.zeebe("subscription");
    subscription.set_made("correlationKey", "=caseway.businessId", xml.span.start);
    let message = format!(
        "The message {} is for the instance whose business id is its correlation key",
        editing.label()
    );
    let way_out = "send it with the business id, or say another key in a zeebe:subscription";
    editing.hint(xml.position, message, way_out);
}
