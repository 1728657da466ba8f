//! What is said of a process as a whole.

use xml::Attribute;

use super::editing::Editing;

/// `historyTimeToLive`: days, or a duration.
pub(super) fn time_to_live(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let written = attribute.value.trim();
    let duration = match written.parse::<u32>() {
        Ok(days) => format!("P{days}D"),
        Err(_) if written.starts_with('P') => written.to_owned(),
        Err(_) => {
            editing.inert(
                "historyTimeToLive",
                "it is neither a number of days nor a duration",
            );
            return;
        }
    };
    let retention = editing.caseway("retention");
    retention.set_made("duration", duration.as_str(), attribute.offset);
    let message = format!(
        "{} wants its history kept for {duration} after the end; nothing is deleted here yet",
        editing.label()
    );
    let way_out = "nothing needs to be done; the wish is kept in the model";
    editing.hint(editing.at(attribute), message, way_out);
}
