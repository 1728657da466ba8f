//! Forms: deployed ones by id, others by key, and those inside the model.

use xml::{Attribute, Element};

use super::editing::Editing;

const DEPLOYED: [&str; 2] = ["camunda-forms:deployment:", "camunda-forms:app:"];

/// `formKey`: a deployed form, or one of another application.
pub(super) fn key(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let written = attribute.value.trim();
    if written.is_empty() {
        return;
    }
    let file = DEPLOYED
        .iter()
        .find_map(|prefix| written.strip_prefix(prefix));
    // Flowable names its own forms by a bare key.
    let bare = editing.shared.prefix != "camunda"
        && written
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if let Some(file) = file.or(bare.then_some(written)) {
        let file = file.rsplit('/').next().unwrap_or(file);
        let id = file.strip_suffix(".form").unwrap_or(file).to_owned();
        let definition = editing.zeebe("formDefinition");
        definition.set_made("formId", id.as_str(), attribute.offset);
        if file != id {
            let message = format!(
                "The form of {} is read as the deployed form with the id \"{id}\"",
                editing.label()
            );
            editing.hint(editing.at(attribute), message, "deploy a form with this id");
        }
        return;
    }
    let definition = editing.zeebe("formDefinition");
    definition.set_made("externalReference", written, attribute.offset);
    if &*editing.xml.name == "startEvent" {
        let message = format!("{} has a form of another application", editing.label());
        let way_out = "deploy a form, and name it with formRef";
        editing.warning(editing.at(attribute), message, way_out);
    }
}

/// `formRef`, with its binding.
pub(super) fn reference(editing: &mut Editing<'_, '_>, attribute: &Attribute) {
    let id = attribute.value.trim().to_owned();
    let binding = editing.extension_attribute("formRefBinding");
    let binding = binding.map_or("latest", |binding| binding.value.trim());
    let definition = editing.zeebe("formDefinition");
    definition.set_made("formId", id, attribute.offset);
    match binding {
        "deployment" => definition.set_made("bindingType", "deployment", attribute.offset),
        "version" => {
            let message = format!(
                "{} wants a form by its version number in another engine; the latest version is shown",
                editing.label()
            );
            editing.warning(
                editing.at(attribute),
                message,
                "use the binding \"latest\" or \"deployment\"",
            );
        }
        _ => {}
    }
}

/// Fields that are described inside the model.
pub(super) fn inside<'d>(editing: &mut Editing<'_, 'd>, form: &'d Element) {
    let prefix = editing.shared.prefix;
    let is_field = |element: &&Element| ["formField", "formProperty"].contains(&&*element.name);
    let fields: Vec<&str> = std::iter::once(form)
        .chain(&form.children)
        .filter(is_field)
        .filter_map(|field| field.attribute("id"))
        .collect();
    let message = format!(
        "{} has a form inside the model (<{prefix}:{}>: {}), which is not shown",
        editing.label(),
        form.name,
        fields.join(", ")
    );
    let way_out = "make a form of it, deploy it, and name it as the form of this step";
    editing.warning(form.position, message, way_out);
}
