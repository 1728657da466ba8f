//! The names that a model declares for its expressions.

use xml::Element;

/// Names of decisions, inputs and their variables.
pub(super) fn declared(root: &Element) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for element in root
        .children
        .iter()
        .filter(|element| matches!(&*element.name, "decision" | "inputData"))
    {
        let variable = element
            .children
            .iter()
            .find(|child| &*child.name == "variable");
        for name in [
            element.attribute("name"),
            variable.and_then(|variable| variable.attribute("name")),
        ]
        .into_iter()
        .flatten()
        {
            if !name.is_empty() && !names.iter().any(|known| known == name) {
                names.push(name.to_string());
            }
        }
    }
    names
}
