//! One file under reading: its document, what it imports, the names that it knows, and what is wrong with it.

use crate::graph::Index;
use feel::{Expression, Type, UnaryTests, Vocabulary};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use xml::{Document, Element, Limits, Problem};

/// Namespaces of the versions 1.1 to 1.5.
const NAMESPACES: [&str; 5] = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
];

/// A file under reading.
pub(super) struct Model<'d> {
    /// Which of the files it is.
    pub(super) file: usize,
    pub(super) document: &'d Document,
    pub(super) root: &'d Element,
    /// The namespace of its elements, by which others import them.
    pub(super) namespace: Arc<str>,
    pub(super) imports: Vec<Import>,
    /// The elements of the graph that stand in it.
    pub(super) elements: Range<Index>,
    /// Where they stand.
    pub(super) sources: Vec<&'d Element>,
    /// The item definitions by name, those of imports with the name of the import before them.
    pub(super) types: BTreeMap<String, Type>,
    pub(super) vocabulary: Vocabulary,
    pub(super) problems: Vec<Problem>,
}

/// Another model that is used.
pub(super) struct Import {
    pub(super) name: Arc<str>,
    pub(super) namespace: String,
    /// Its place among the models, if it was read together with this one.
    pub(super) model: Option<usize>,
}

/// The document of a DMN file.
pub(super) fn parsed(text: &str) -> Result<Document, Problem> {
    let document = xml::parse(text, &Limits::default())?;
    let root = document.root();
    if &*root.name == "definitions" && NAMESPACES.contains(&&*root.namespace) {
        return Ok(document);
    }
    let message = format!(
        "this is no DMN file of version 1.1 to 1.5: its root is <{}> of \"{}\"",
        root.name, root.namespace
    );
    let way_out = "upload a file that a DMN modeler has saved";
    Err(Problem::error(root.position, message, way_out))
}

/// The places of the models, each after those that it imports.
pub(super) fn imports_first(models: &mut [Model<'_>]) -> Vec<usize> {
    let namespaces: Vec<Arc<str>> = models.iter().map(|model| model.namespace.clone()).collect();
    for (at, model) in models.iter_mut().enumerate() {
        model.link(at, &namespaces);
    }
    let mut order: Vec<usize> = Vec::new();
    while order.len() < models.len() {
        let ready = |at: &usize| {
            let mut imports = models[*at].imports.iter();
            imports.all(|import| import.model.is_none_or(|model| order.contains(&model)))
        };
        let mut left = (0..models.len()).filter(|at| !order.contains(at));
        let next = left.clone().find(ready);
        // Models that import each other are read in the order of the files.
        order.extend(next.or_else(|| left.next()));
    }
    order
}

impl<'d> Model<'d> {
    pub(super) fn new(file: usize, document: &'d Document) -> Model<'d> {
        let root = document.root();
        Model {
            file,
            document,
            root,
            namespace: root.attribute("namespace").unwrap_or_default().into(),
            imports: Vec::new(),
            elements: 0..0,
            sources: Vec::new(),
            types: BTreeMap::new(),
            vocabulary: Vocabulary::new(),
            problems: Vec::new(),
        }
    }

    /// Finds the imported models among those of these namespaces.
    fn link(&mut self, own: usize, namespaces: &[Arc<str>]) {
        for element in self.children("import") {
            let text = |name| element.attribute(name).unwrap_or_default();
            let (name, namespace) = (text("name"), text("namespace"));
            let model = namespaces.iter().position(|known| **known == *namespace);
            let model = model.filter(|model| *model != own);
            if model.is_none() {
                let is_dmn = text("importType").to_lowercase().contains("dmn");
                let (message, way_out) = match is_dmn {
                    true => (
                        format!(
                            "the model \"{namespace}\"{} that is imported as \"{name}\" is not there",
                            file(text("locationURI"))
                        ),
                        "deploy the two files together",
                    ),
                    false => (
                        format!("the import \"{name}\" is no DMN model, and only those are read"),
                        "take the import away",
                    ),
                };
                self.error(element, message, way_out);
            }
            self.imports.push(Import {
                name: name.into(),
                namespace: namespace.into(),
                model,
            });
        }
    }

    /// The direct children of an element by name, in the namespace of DMN.
    pub(super) fn children_of(&self, element: &'d Element, name: &'static str) -> Vec<&'d Element> {
        let namespace = &self.root.namespace;
        let children = element.children.iter();
        children.filter(|child| child.is(namespace, name)).collect()
    }

    /// The direct children of the definitions by name.
    pub(super) fn children(&self, name: &'static str) -> Vec<&'d Element> {
        self.children_of(self.root, name)
    }

    /// The first direct child of that name.
    pub(super) fn child(&self, element: &'d Element, name: &str) -> Option<&'d Element> {
        element.child(&self.root.namespace, name)
    }

    /// The child `<text>`, if it says something.
    pub(super) fn text(&self, element: &'d Element) -> Option<&'d Element> {
        self.child(element, "text")
            .filter(|text| !text.text().trim().is_empty())
    }

    /// The text of an element that is an expression, compiled.
    pub(super) fn expression(
        &mut self,
        text: &'d Element,
        owner: &Element,
        place: &str,
    ) -> Option<Expression> {
        match Expression::compile_knowing(text.text(), &self.vocabulary) {
            Ok(expression) => Some(expression),
            Err(problem) => {
                self.feel_problem(text, owner, place, &problem);
                None
            }
        }
    }

    /// The text of a cell, compiled.
    pub(super) fn tests(
        &mut self,
        text: &'d Element,
        owner: &Element,
        place: &str,
    ) -> Option<UnaryTests> {
        match UnaryTests::compile_knowing(text.text(), &self.vocabulary) {
            Ok(tests) => Some(tests),
            Err(problem) => {
                self.feel_problem(text, owner, place, &problem);
                None
            }
        }
    }

    /// A problem of a FEEL text, at its place in the file.
    fn feel_problem(
        &mut self,
        text: &'d Element,
        owner: &Element,
        place: &str,
        problem: &feel::Problem,
    ) {
        let offset = problem.position.offset as usize;
        let position = self.document.position_in_text(text, offset);
        let message = format!("{place}: {}", problem.message);
        let problem = Problem::error(position, message, "correct the FEEL expression");
        self.problems.push(about(owner, problem));
    }

    /// Whether the text of an element is FEEL, or says nothing about its language.
    pub(super) fn is_feel(&mut self, element: &Element, owner: &Element) -> bool {
        let own = element.attribute("expressionLanguage");
        let all = self.root.attribute("expressionLanguage");
        let language = own.or(all).unwrap_or_default();
        if language.is_empty() || language.to_lowercase().contains("feel") {
            return true;
        }
        let message = format!("expressions in the language \"{language}\" are not executed");
        let problem = Problem::error(element.position, message, "write the expression in FEEL");
        self.problems.push(about(owner, problem));
        false
    }

    pub(super) fn error(&mut self, element: &Element, message: impl Into<String>, way_out: &str) {
        let problem = Problem::error(element.position, message, way_out);
        self.problems.push(about(element, problem));
    }

    pub(super) fn warning(&mut self, element: &Element, message: impl Into<String>, way_out: &str) {
        let problem = Problem::warning(element.position, message, way_out);
        self.problems.push(about(element, problem));
    }
}

/// The file that an import names, in brackets.
fn file(location: &str) -> String {
    match location {
        "" => String::new(),
        location => format!(" ({location})"),
    }
}

/// The problem with the id of the element that it is about.
pub(super) fn about(element: &Element, problem: Problem) -> Problem {
    match element.attribute("id") {
        Some(id) => problem.about(id),
        None => problem,
    }
}
