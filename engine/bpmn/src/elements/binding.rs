//! Bindings: which version of a deployed process, decision or form an element means.
//!
//! An extension of zeebe (`bindingType`, `versionTag`); the standard leaves versions to the engine. Deviation: what is of
//! the same deployment but was deployed before and not changed is the version that was the latest then.

use xml::Element as Xml;

use crate::Key;
use crate::read::NodeReader;
use crate::text::Text;

/// Which version of what is named is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// The latest.
    Latest,
    /// The one that was deployed together with the process that names it.
    Deployment,
    /// The latest one with this tag.
    VersionTag(String),
}

/// A form that an element names.
#[derive(Debug, Clone)]
pub struct FormReference {
    /// Its id.
    pub id: Text,
    /// Which version of it.
    pub binding: Binding,
}

/// What has versions, each of a deployment and perhaps with a tag.
pub(crate) trait Versioned {
    /// The deployment that it came with; a later one has a greater key.
    fn deployment(&self) -> Key;
    /// The tag that its author gave this version.
    fn version_tag(&self) -> Option<&str>;
}

/// The binding that an extension element of zeebe states.
pub(crate) fn read<'d>(node: &mut NodeReader<'_, 'd>, part: &'d Xml) -> Option<Binding> {
    let binding = part.attribute("bindingType").unwrap_or("latest");
    let tag = part.attribute("versionTag").map(str::trim);
    match (binding, tag.filter(|tag| !tag.is_empty())) {
        ("latest" | "", _) => Some(Binding::Latest),
        ("deployment", _) => Some(Binding::Deployment),
        ("versionTag", Some(tag)) => Some(Binding::VersionTag(tag.to_owned())),
        ("versionTag", None) => {
            let message = format!("{} wants a version without naming its tag", node.label());
            node.error_in(part, message, "fill in versionTag");
            None
        }
        (other, _) => {
            let message = format!(
                "{} has the binding \"{other}\", which does not exist",
                node.label()
            );
            let way_out = "write latest, deployment or versionTag";
            node.error_in(part, message, way_out);
            None
        }
    }
}

/// The form that an element names with `zeebe:formDefinition`, where that is a deployed one.
pub(super) fn read_form(node: &mut NodeReader<'_, '_>) -> Option<FormReference> {
    let definition = node.extension("formDefinition")?;
    let id = definition.attribute("formId").unwrap_or_default();
    if id.trim().is_empty() {
        let message = format!("{} has a form that is not a deployed form", node.label());
        node.warning(
            message,
            "name a deployed form with formId; the task is shown without form",
        );
        return None;
    }
    Some(FormReference {
        id: node.text(definition, "formId")?,
        binding: read(node, definition)?,
    })
}

impl Binding {
    /// The version that is meant by what came with the deployment `own`.
    pub(crate) fn choose<'v, T: Versioned>(
        &self,
        mut newest_first: impl Iterator<Item = &'v T>,
        own: Option<Key>,
    ) -> Option<&'v T> {
        match self {
            Binding::Latest => newest_first.next(),
            Binding::Deployment => newest_first.find(|version| Some(version.deployment()) <= own),
            Binding::VersionTag(tag) => {
                newest_first.find(|version| version.version_tag() == Some(tag))
            }
        }
    }

    /// What it adds to the name of what is meant: nothing, or which version.
    pub(crate) fn words(&self) -> String {
        match self {
            Binding::Latest => String::new(),
            Binding::Deployment => " of the same deployment".to_owned(),
            Binding::VersionTag(tag) => format!(" with the version tag \"{tag}\""),
        }
    }
}
