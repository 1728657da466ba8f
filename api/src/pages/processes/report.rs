//! The deployment report as a page: problems numbered through all files, and what becomes of each element.

use crate::page::{Page, Section};
use crate::report::{FileReport, Kind, Report, number_of, verdict};
use bpmn::{ElementReport, Verdict};
use serde::Serialize;
use xml::{Problem, Severity};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: String,
    deployable: bool,
    summary: String,
    files: Vec<FileView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileView {
    name: String,
    problems: Vec<ProblemView>,
    elements: Vec<ElementView>,
    elements_summary: String,
    /// Where the diagram finds the model.
    diagram: Option<String>,
    /// The problems for the diagram as JSON: `[{"element", "number", "severity"}]`.
    marks: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProblemView {
    /// Through all files; it stands on the diagram too.
    number: usize,
    severity: &'static str,
    is_error: bool,
    line: u32,
    column: u32,
    element_id: Option<String>,
    message: String,
    way_out: String,
}

#[derive(Serialize)]
struct ElementView {
    id: String,
    name: Option<String>,
    kind: String,
    line: u32,
    verdict: &'static str,
    reason: String,
    /// The colour of the verdict.
    tone: &'static str,
}

#[derive(Serialize)]
struct Mark<'a> {
    element: &'a str,
    number: usize,
    severity: Severity,
}

/// The report of the upload with this id.
pub(super) fn page(upload: &str, report: &Report) -> Page {
    let mut before = 0;
    let mut files = Vec::new();
    for (index, file) in report.files.iter().enumerate() {
        let is_process = Kind::of(&file.name) == Some(Kind::Process);
        let diagram = is_process.then(|| format!("/processes/uploads/{upload}/files/{index}"));
        files.push(file_view(file, diagram, before));
        before += file.problems.len();
    }
    let view = View {
        id: upload.to_owned(),
        deployable: report.is_deployable(),
        summary: report.summary(),
        files,
    };
    Page::new("processes/report", "Deployment report")
        .section(Section::Processes)
        .diagram()
        .model(&view)
}

fn file_view(file: &FileReport, diagram: Option<String>, before: usize) -> FileView {
    let numbered = || file.problems.iter().zip(before + 1..);
    let marks: Vec<Mark<'_>> = numbered()
        .filter_map(|(problem, number)| {
            let element = problem.element_id.as_deref()?;
            Some(Mark {
                element,
                number,
                severity: problem.severity,
            })
        })
        .collect();
    FileView {
        name: file.name.clone(),
        problems: numbered().map(problem_view).collect(),
        elements: file.elements.iter().map(element_view).collect(),
        elements_summary: elements_summary(&file.elements),
        diagram,
        marks: serde_json::to_string(&marks).expect("marks are plain data"),
    }
}

fn problem_view((problem, number): (&Problem, usize)) -> ProblemView {
    ProblemView {
        number,
        severity: match problem.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Hint => "Hint",
        },
        is_error: problem.severity == Severity::Error,
        line: problem.line,
        column: problem.column,
        element_id: problem.element_id.clone(),
        message: problem.message.clone(),
        way_out: problem.way_out.clone(),
    }
}

fn element_view(element: &ElementReport) -> ElementView {
    let (word, reason) = verdict(&element.verdict);
    ElementView {
        id: element.id.clone(),
        name: element.name.clone(),
        kind: element.kind.clone(),
        line: element.line,
        verdict: word,
        reason: reason.to_owned(),
        tone: match element.verdict {
            Verdict::Executed => "green",
            Verdict::Ignored { .. } => "",
            Verdict::Refused { .. } => "red",
        },
    }
}

/// `7 elements: 6 executed, 1 refused`
fn elements_summary(elements: &[ElementReport]) -> String {
    let mut words = Vec::new();
    for word in ["executed", "ignored", "refused"] {
        let number = elements
            .iter()
            .filter(|element| verdict(&element.verdict).0 == word)
            .count();
        if number > 0 {
            words.push(format!("{number} {word}"));
        }
    }
    format!(
        "{}: {}",
        number_of(elements.len(), "element"),
        words.join(", ")
    )
}
