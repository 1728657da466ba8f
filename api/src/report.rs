//! The deployment report: what each element of an upload will do, and every problem with its place and the way out.
//! The terminal, the processes pages and the JSON API show the same one.

use bpmn::{ElementReport, Soundness, SoundnessResult, Verdict};
use runtime::{Resource, Runtime};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Display;
use xml::{Position, Problem, Severity};

/// A file as it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct File {
    /// Without folders.
    pub(crate) name: String,
    /// Absent where the bytes are no UTF-8.
    pub(crate) text: Option<String>,
}

impl File {
    /// A file by its path or name and its bytes.
    pub(crate) fn new(name: &str, bytes: Vec<u8>) -> File {
        File {
            name: name.to_owned(),
            text: String::from_utf8(bytes).ok(),
        }
    }
}

/// What was found in one file.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileReport {
    pub(crate) name: String,
    pub(crate) elements: Vec<ElementReport>,
    pub(crate) problems: Vec<Problem>,
    /// Of each process in it, whether it can always end as it should.
    pub(crate) soundness: Vec<Soundness>,
}

/// What was found in files that are deployed together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) files: Vec<FileReport>,
    /// What can be deployed, if nothing is wrong: each file that could be read as text.
    pub(crate) resources: Vec<Resource>,
}

/// The kinds of files, by their endings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    Process,
    Decision,
    Form,
    Calendar,
}

impl Kind {
    /// By the ending of the file's name.
    pub(crate) fn of(name: &str) -> Option<Kind> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "bpmn" => Some(Kind::Process),
            "dmn" => Some(Kind::Decision),
            "form" => Some(Kind::Form),
            "calendar" | "ics" => Some(Kind::Calendar),
            _ => None,
        }
    }
}

impl Report {
    /// Reads and checks files that belong together.
    pub(crate) fn of(files: Vec<File>) -> Report {
        let mut report = Report::default();
        for file in files {
            let (checked, resource) = check_file(file);
            report.files.push(checked);
            report.resources.extend(resource);
        }
        report
    }

    /// The same beside what is deployed already: models may use decisions and forms that are not among the files.
    pub(crate) async fn beside(
        runtime: &Runtime,
        files: Vec<File>,
    ) -> Result<Report, runtime::Error> {
        let mut report = Report::of(files);
        for found in runtime.check(report.resources.clone()).await? {
            let Some(file) = report.files.iter_mut().find(|file| file.name == found.name) else {
                continue;
            };
            for problem in found.report.problems {
                if !file.problems.contains(&problem) {
                    file.problems.push(problem);
                }
            }
            if file.elements.is_empty() {
                file.elements = found.report.elements;
            }
            if file.soundness.is_empty() {
                file.soundness = found.report.soundness;
            }
        }
        Ok(report)
    }

    /// As the JSON API and `caseway check --format json` give it: whether the files can be deployed, and of each file its
    /// elements, its problems and the soundness of its processes.
    pub(crate) fn json(&self) -> Value {
        json!({ "deployable": self.is_deployable(), "files": self.files })
    }

    /// Whether nothing forbids to deploy the files.
    pub(crate) fn is_deployable(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// How many problems there are: `2 errors, 1 warning, 0 hints`.
    pub(crate) fn summary(&self) -> String {
        let words = [
            (Severity::Error, "error"),
            (Severity::Warning, "warning"),
            (Severity::Hint, "hint"),
        ];
        words
            .map(|(severity, word)| number_of(self.count(severity), word))
            .join(", ")
    }

    /// How many problems of this severity there are.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        let problems = self.files.iter().flat_map(|file| &file.problems);
        problems
            .filter(|problem| problem.severity == severity)
            .count()
    }
}

fn check_file(file: File) -> (FileReport, Option<Resource>) {
    let File { name, text } = file;
    let refused = |problem| {
        (
            FileReport {
                name: name.clone(),
                problems: vec![problem],
                ..FileReport::default()
            },
            None,
        )
    };
    let Some(kind) = Kind::of(&name) else {
        let message = "the file is neither a process, a decision, a form nor a calendar";
        return refused(Problem::error(
            Position::START,
            message,
            "give it the ending .bpmn, .dmn, .form, .calendar or .ics",
        ));
    };
    let Some(text) = text else {
        return refused(Problem::error(
            Position::START,
            "the text is not UTF-8",
            "save the file as UTF-8",
        ));
    };
    let found = match kind {
        Kind::Process => bpmn::read(&text).report,
        Kind::Decision => only(dmn::read(&text).problems),
        Kind::Form => only(form_problems(&text)),
        Kind::Calendar => only(processes::calendars::problems(&text)),
    };
    let file = FileReport {
        name: name.clone(),
        elements: found.elements,
        problems: found.problems,
        soundness: found.soundness,
    };
    (file, Some(Resource { name, text }))
}

fn only(problems: Vec<Problem>) -> bpmn::Report {
    bpmn::Report {
        problems,
        ..bpmn::Report::default()
    }
}

fn form_problems(text: &str) -> Vec<Problem> {
    let problems = match forms::Form::read(text) {
        Ok(form) => form.problems().to_vec(),
        Err(problems) => problems,
    };
    let same = |problem: forms::Problem| Problem {
        severity: match problem.severity {
            forms::Severity::Error => Severity::Error,
            forms::Severity::Warning => Severity::Warning,
            forms::Severity::Hint => Severity::Hint,
        },
        element_id: problem.component,
        line: problem.line,
        column: problem.column,
        message: problem.message,
        way_out: problem.way_out,
        path: vec![],
    };
    problems.into_iter().map(same).collect()
}

/// `1 error`, `2 errors`.
pub(crate) fn number_of<N: Display + PartialEq + From<u8>>(number: N, word: &str) -> String {
    let ending = if number == N::from(1) { "" } else { "s" };
    format!("{number} {word}{ending}")
}

/// What an element will do, in a word, and why.
pub(crate) fn verdict(verdict: &Verdict) -> (&'static str, &str) {
    match verdict {
        Verdict::Executed => ("executed", ""),
        Verdict::Ignored { reason } => ("ignored", reason),
        Verdict::Refused { reason } => ("refused", reason),
    }
}

/// Whether a process is sound, as a sentence without a full stop.
pub(crate) fn soundness(found: &Soundness) -> String {
    let name = found.process_name.as_deref().unwrap_or(&found.process_id);
    match &found.result {
        SoundnessResult::Sound => {
            format!(
                "\"{name}\" is sound: wherever it is, it can end, and every element can be executed"
            )
        }
        SoundnessResult::NotSound => {
            let number = number_of(found.findings.len(), "problem");
            format!("\"{name}\" is not sound: {number} with the way to it")
        }
        SoundnessResult::NotDecided { limit } => {
            format!("Whether \"{name}\" is sound is not decided within the limits ({limit})")
        }
    }
}
