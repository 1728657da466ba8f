//! `caseway export FILE --format xes|ocel`: the event log, for programs that mine processes.

use crate::config::Settings;
use crate::random;
use crate::terminal::say;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::event_log::{self, Format, Pseudonyms};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use store::{AuditRow, Store, Walk};

/// How the log is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// XES, IEEE 1849-2016
    Xes,
    /// OCEL 2.0 as JSON
    Ocel,
}

/// What is exported.
#[derive(Args, Debug)]
pub(crate) struct Asked {
    /// The file to make
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How it is written
    #[arg(long, value_enum)]
    format: Kind,
    /// Only the instances of this process
    #[arg(long, value_name = "ID")]
    process: Option<String>,
    /// Only instances that started on this day or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// Only instances that started before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<Date>,
    /// Tell the variables of the instances too: they hold what people wrote about people
    #[arg(long, requires = "reason")]
    variables: bool,
    /// Why; kept in the audit trail
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Notes the export, then writes the log.
pub(crate) async fn run(settings: &Settings, asked: Asked) -> Result<(), String> {
    let day = |day: Option<Date>| -> Result<Option<Timestamp>, String> {
        let Some(day) = day else { return Ok(None) };
        let start = day.to_zoned(settings.calendar.zone().clone());
        let start = start.map_err(|problem| format!("{day}: {problem}"))?;
        Ok(Some(start.timestamp()))
    };
    let walk = Walk {
        process_id: asked.process.clone(),
        started_from: day(asked.from)?,
        started_before: day(asked.until)?,
        after: None,
    };
    let failed = |problem: &dyn std::fmt::Display| format!("{}: {problem}", asked.file.display());
    let store = Store::snapshot(&settings.database)
        .await
        .map_err(|problem| problem.to_string())?;
    let file = new_file(&asked.file).map_err(|problem| failed(&problem))?;
    let written = write(settings, &asked, walk, &store, file).await;
    store.close().await;
    let told = match written {
        Ok(told) => told,
        Err(problem) => {
            // Half a log would be taken for a whole one.
            let _ = std::fs::remove_file(&asked.file);
            return Err(failed(&problem));
        }
    };
    say(format!(
        "{} tells {} events of {} instances",
        asked.file.display(),
        told.events,
        told.instances
    ));
    Ok(())
}

async fn write(
    settings: &Settings,
    asked: &Asked,
    walk: Walk,
    store: &Store,
    file: File,
) -> Result<event_log::Told, String> {
    let now = settings.clock().now();
    let (format, word) = match asked.format {
        Kind::Xes => (Format::Xes, "xes"),
        Kind::Ocel => (Format::Ocel, "ocel"),
    };
    let process = asked.process.as_deref().unwrap_or("all processes");
    let with = if asked.variables {
        ", with variables"
    } else {
        ""
    };
    let line = AuditRow {
        sequence: 0,
        at: now,
        actor: "system".into(),
        on_behalf_of: None,
        action: "export".into(),
        subject: "event-log".into(),
        detail: Some(format!("{word}, {process}{with}")),
        reason: asked.reason.clone(),
    };
    let noted = Store::note(&settings.database, &line).await;
    noted.map_err(|problem| format!("the export cannot be noted in the audit trail: {problem}"))?;
    let asked = event_log::Asked {
        format,
        walk,
        variables: asked.variables,
        pseudonyms: Pseudonyms::new(random::bytes()),
        now,
    };
    let mut out = BufWriter::new(file);
    let told = event_log::write(store, &asked, &mut out).await;
    let told = told.map_err(|problem| problem.to_string())?;
    out.flush().map_err(|problem| problem.to_string())?;
    Ok(told)
}

/// A file that only this user may read, and that was not there before.
fn new_file(path: &std::path::Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
