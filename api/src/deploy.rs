//! `caseway deploy FILE...`: puts models into the database, while no server runs on it.

use crate::config::Settings;
use crate::report::Report;
use crate::terminal::say;
use crate::{check, server};
use runtime::{Act, Outcome, Request};
use std::path::PathBuf;
use store::DefinitionKind;

/// Deploys all files, or none.
pub(crate) async fn run(settings: &Settings, paths: &[PathBuf]) -> Result<(), String> {
    let report = Report::of(check::read(paths)?);
    if !report.is_deployable() {
        check::print(&report);
        return Err("nothing was deployed; correct the errors above".into());
    }
    let runtime = server::open(settings).await?;
    let act = Act::Deploy {
        resources: report.resources,
    };
    let done = runtime.submit(Request::by("system").act(act)).await;
    runtime.stop().await;
    let answer = done.map_err(|problem| problem.to_string())?;
    for outcome in answer.outcomes {
        if let Outcome::Deployed(deployed) = outcome {
            for one in deployed.definitions {
                let same = if one.is_new { "" } else { ", as before" };
                say(format!(
                    "{} {} version {}{same}",
                    word(one.kind),
                    one.id,
                    one.version
                ));
            }
        }
    }
    let database = store::without_password(&settings.database);
    say(format!("deployed into {database}"));
    Ok(())
}

fn word(kind: DefinitionKind) -> &'static str {
    match kind {
        DefinitionKind::Process => "process",
        DefinitionKind::Decision => "decision",
        DefinitionKind::Form => "form",
        DefinitionKind::Calendar => "calendar",
    }
}
