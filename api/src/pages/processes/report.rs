//! The deployment report as a page: problems numbered through all files, what becomes of each element, and of each
//! process whether it is sound; where it is not, the way there as a list and on the diagram.

use super::sheet::SheetView;
use crate::page::{Page, Section};
use crate::pages::calendars::Changes;
use crate::report::{FileReport, Kind, Report, number_of, soundness, verdict};
use bpmn::{ElementReport, Soundness, SoundnessResult, Verdict};
use serde::Serialize;
use xml::{Problem, Severity};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: String,
    deployable: bool,
    summary: String,
    /// What calendars among the files change.
    changes: Option<Changes>,
    files: Vec<FileView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileView {
    name: String,
    problems: Vec<ProblemView>,
    soundness: Vec<SoundnessView>,
    elements: Vec<ElementView>,
    elements_summary: String,
    /// The decision tables, with what their checks found.
    sheets: Vec<SheetView>,
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
    /// The colour of its number, red where empty.
    tone: &'static str,
    line: u32,
    column: u32,
    element_id: Option<String>,
    message: String,
    way_out: String,
    /// The elements on the way to it, by name.
    steps: Vec<String>,
    /// The ids of elements and flows on the way, for the diagram, as JSON.
    path: String,
}

#[derive(Serialize)]
struct SoundnessView {
    word: &'static str,
    sentence: String,
    tone: &'static str,
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
pub(super) fn page(upload: &str, report: &Report, changes: Option<Changes>) -> Page {
    let mut before = 0;
    let mut files = Vec::new();
    for (index, file) in report.files.iter().enumerate() {
        let is_process = Kind::of(&file.name) == Some(Kind::Process);
        let diagram = is_process.then(|| format!("/processes/uploads/{upload}/files/{index}"));
        files.push(file_view(file, diagram, before, sheets(report, &file.name)));
        before += file.problems.len();
    }
    let view = View {
        id: upload.to_owned(),
        deployable: report.is_deployable(),
        summary: report.summary(),
        changes,
        files,
    };
    Page::new("processes/report", "Deployment report")
        .section(Section::Processes)
        .diagram()
        .model(&view)
}

/// The decision tables of a DMN file of the upload.
fn sheets(report: &Report, name: &str) -> Vec<SheetView> {
    let file = report.resources.iter().find(|file| file.name == name);
    let Some(file) = file.filter(|file| Kind::of(&file.name) == Some(Kind::Decision)) else {
        return Vec::new();
    };
    let decisions = dmn::read(&file.text).decisions;
    decisions
        .iter()
        .filter_map(|decision| SheetView::of(decision, None))
        .collect()
}

fn file_view(
    file: &FileReport,
    diagram: Option<String>,
    before: usize,
    sheets: Vec<SheetView>,
) -> FileView {
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
        problems: numbered().map(|one| problem_view(one, file)).collect(),
        soundness: file.soundness.iter().map(soundness_view).collect(),
        elements: file.elements.iter().map(element_view).collect(),
        elements_summary: elements_summary(&file.elements),
        sheets,
        diagram,
        marks: serde_json::to_string(&marks).expect("marks are plain data"),
    }
}

fn soundness_view(found: &Soundness) -> SoundnessView {
    let (word, tone) = match found.result {
        SoundnessResult::Sound => ("Sound", "green"),
        SoundnessResult::NotSound => ("Not sound", "red"),
        SoundnessResult::NotDecided { .. } => ("Not decided", ""),
    };
    SoundnessView {
        word,
        sentence: soundness(found),
        tone,
    }
}

/// What a person calls the elements of a path, without the flows between them.
fn steps(path: &[String], elements: &[ElementReport]) -> Vec<String> {
    let named = |id: &String| {
        let element = elements.iter().find(|element| element.id == *id)?;
        let name = element.name.as_deref().filter(|name| !name.is_empty());
        match name {
            _ if element.kind == "sequence flow" => None,
            Some(name) => Some(name.to_owned()),
            None => Some(format!("{id} ({})", element.kind)),
        }
    };
    path.iter().filter_map(named).collect()
}

fn problem_view((problem, number): (&Problem, usize), file: &FileReport) -> ProblemView {
    ProblemView {
        number,
        severity: match problem.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Hint => "Hint",
        },
        tone: match problem.severity {
            Severity::Error => "",
            Severity::Warning => "w",
            Severity::Hint => "h",
        },
        line: problem.line,
        column: problem.column,
        element_id: problem.element_id.clone(),
        message: problem.message.clone(),
        way_out: problem.way_out.clone(),
        steps: steps(&problem.path, &file.elements),
        path: serde_json::to_string(&problem.path).expect("a list of texts"),
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
