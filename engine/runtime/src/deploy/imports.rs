//! Finds the DMN files that a DMN file imports: by their namespace, among the files that are deployed with it, else
//! among those that are deployed already.

use bpmn::{Catalog, Key};
use xml::Problem;

/// Where imported files are looked for.
pub(super) struct Models<'a> {
    /// The files of the same deployment.
    pub(super) files: Vec<ModelFile<'a>>,
    pub(super) catalog: &'a Catalog,
    /// Of a file that was deployed before: its deployment. What came later is not seen.
    pub(super) at: Option<Key>,
}

/// A DMN file of the same deployment.
pub(super) struct ModelFile<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) namespace: String,
}

impl<'a> Models<'a> {
    /// The texts of all files that a file imports, and that those import; and what is wrong with the imports.
    ///
    /// An import that is not found is left to the reader of the file, which names it.
    pub(super) fn imported_by(&self, head: &dmn::Head) -> (Vec<&'a str>, Vec<Problem>) {
        let mut seen = vec![head.namespace.clone()];
        let mut open = head.imports.clone();
        let (mut texts, mut problems) = (Vec::new(), Vec::new());
        while let Some(import) = open.pop() {
            if seen.contains(&import.namespace) {
                continue;
            }
            seen.push(import.namespace.clone());
            let text = match self.find(&import) {
                Ok(Some(text)) => text,
                Ok(None) => continue,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            texts.push(text);
            let head = dmn::head(text);
            open.extend(head.into_iter().flat_map(|head| head.imports));
        }
        (texts, problems)
    }

    fn find(&self, import: &dmn::Import) -> Result<Option<&'a str>, Problem> {
        let files = self.files.iter();
        let named: Vec<&ModelFile<'_>> = files
            .filter(|file| file.namespace == import.namespace)
            .collect();
        let located = named
            .iter()
            .find(|file| file.name == base(&import.location));
        match (named.as_slice(), located) {
            ([], _) => {
                let model = self.catalog.decision_model(&import.namespace, self.at);
                Ok(model.map(|model| &*model.text))
            }
            ([only], _) => Ok(Some(only.text)),
            (_, Some(file)) => Ok(Some(file.text)),
            (several, None) => {
                let names: Vec<&str> = several.iter().map(|file| file.name).collect();
                let message = format!(
                    "The model \"{}\" that is imported is in several files: {}",
                    import.namespace,
                    names.join(", ")
                );
                let way_out = "give each of these files a namespace of its own";
                Err(Problem::error(import.position, message, way_out))
            }
        }
    }
}

/// The name of a file without its folders.
fn base(location: &str) -> &str {
    location.rsplit(['/', '\\']).next().unwrap_or(location)
}
