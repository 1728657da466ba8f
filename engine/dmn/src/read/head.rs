//! What is seen of a file before it is read: its namespace, and what it imports.

use xml::{Element, Position};

use super::model;

const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";
const CAMUNDA: &str = "http://camunda.org/schema/1.0/dmn";

/// How a DMN file is known to others, and which others it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The namespace by which others import it.
    pub namespace: String,
    /// What it imports.
    pub imports: Vec<Import>,
}

/// The import of another DMN file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The namespace of the other file.
    pub namespace: String,
    /// Where the modeller had the other file; empty where that is not said.
    pub location: String,
    /// Where the import stands.
    pub position: Position,
}

/// The head of a DMN file; `None` where it is none.
pub fn head(text: &str) -> Option<Head> {
    let document = model::parsed(text).ok()?;
    let root = document.root();
    let imports = root.children_named(&root.namespace, "import");
    let said = |element: &Element, name| element.attribute(name).unwrap_or_default().to_owned();
    Some(Head {
        namespace: said(root, "namespace"),
        imports: imports
            .map(|import| Import {
                namespace: said(import, "namespace"),
                location: said(import, "locationURI"),
                position: import.position,
            })
            .collect(),
    })
}

/// The tag that the modeller gave this version of a decision.
pub(super) fn version_tag(decision: &Element) -> Option<&str> {
    let extensions = decision.child(&decision.namespace, "extensionElements");
    let tag = extensions.and_then(|extensions| extensions.child(ZEEBE, "versionTag"));
    let camunda = decision.attribute_named(CAMUNDA, "versionTag");
    tag.and_then(|tag| tag.attribute("value"))
        .or(camunda.map(|attribute| attribute.value.as_str()))
}

#[cfg(test)]
mod tests {
    use super::head;
    use crate::read;

    const MODEL: &str = r#"<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:a" name="a"
        xmlns:z="http://camunda.org/schema/zeebe/1.0" xmlns:c="http://camunda.org/schema/1.0/dmn">
        <import name="b" namespace="urn:b" locationURI="b.dmn" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>
        <decision id="x" name="x"><extensionElements><z:versionTag value="v1"/></extensionElements><literalExpression><text>1</text></literalExpression></decision>
        <decision id="y" name="y" c:versionTag="v2"><literalExpression><text>1</text></literalExpression></decision>
        <decision id="z" name="z"><literalExpression><text>1</text></literalExpression></decision></definitions>"#;

    #[test]
    fn the_head_names_what_is_imported() {
        let head = head(MODEL).expect("a DMN file");
        assert_eq!(head.namespace, "urn:a");
        let imports = head.imports.iter();
        let imports: Vec<_> = imports
            .map(|import| {
                (
                    import.namespace.as_str(),
                    import.location.as_str(),
                    import.position.line,
                )
            })
            .collect();
        assert_eq!(imports, [("urn:b", "b.dmn", 3)]);
        assert_eq!(super::head("<a/>"), None);
        assert_eq!(
            read(MODEL).problems[0].message,
            "the model \"urn:b\" (b.dmn) that is imported as \"b\" is not there"
        );
    }

    #[test]
    fn versions_of_decisions_have_tags() {
        let reading = read(MODEL);
        let tags: Vec<_> = reading
            .decisions
            .iter()
            .map(|decision| decision.version_tag())
            .collect();
        assert_eq!(tags, [Some("v1"), Some("v2"), None]);
    }
}
