//! The calendar that a case has for itself, where its process, team or organisation works by another one.

use super::running;
use crate::error::Result;
use bpmn::{Catalog, Command, Office, Record, Rejection};
use runtime::{InstanceView, Outcome, Request, Runtime};

/// Lets a case work by a calendar of its own, or no longer, with everything that it has called; its open deadlines are counted
/// anew at once. Answers how many of them moved. The reason is kept in the history.
///
/// # Errors
/// The calendar is not deployed, or the case is closed.
pub async fn use_calendar(
    runtime: &Runtime,
    actor: &str,
    reference: &str,
    calendar: Option<&str>,
    reason: &str,
) -> Result<usize> {
    let mut request = Request::by(actor).because(reason);
    let running = running(runtime, reference).await?;
    if running.is_empty() {
        let ended = super::instance(runtime, reference).await?;
        let (instance, status) = (ended.key, ended.status);
        let rejection = Rejection::InstanceEnded { instance, status };
        return Err(runtime::Error::Rejected(rejection).into());
    }
    for instance in running {
        let calendar = calendar.map(str::to_owned);
        request = request.command(instance.key, Command::UseCalendar { calendar });
    }
    let answer = runtime.submit(request).await?;
    let mut moved = 0;
    for outcome in &answer.outcomes {
        if let Outcome::Stepped { records } = outcome {
            let recomputed = |record: &&Record| matches!(record, Record::DeadlineRecomputed { .. });
            moved += records.iter().filter(recomputed).count();
        }
    }
    Ok(moved)
}

/// By what a case works, apart from what single teams do.
pub fn office(catalog: &Catalog, instance: &InstanceView) -> Office {
    let deployed = catalog.process(instance.definition);
    deployed.map_or_else(
        || catalog.office(),
        |deployed| catalog.office_of(instance.state.calendar(), &deployed.definition),
    )
}
