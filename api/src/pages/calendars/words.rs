//! For whom a calendar counts, in words.

use crate::pages::team_name;
use bpmn::Catalog;
use processes::calendars::Use;

/// `The whole organisation`, `Team Night team`, `Process Home visit`; empty where nobody works by it.
pub(super) fn used(used: &Use, catalog: &Catalog) -> Vec<String> {
    let organisation = used
        .organisation
        .then(|| "The whole organisation".to_owned());
    let teams = used
        .teams
        .iter()
        .map(|team| format!("Team: {}", team_name(team)));
    let processes = used
        .processes
        .iter()
        .map(|id| format!("Process: {}", process_name(catalog, id)));
    organisation
        .into_iter()
        .chain(teams)
        .chain(processes)
        .collect()
}

/// The name of the latest version of a process; its id where it is not deployed.
pub(super) fn process_name(catalog: &Catalog, id: &str) -> String {
    catalog
        .latest(id)
        .map_or_else(|| id.to_owned(), |found| found.definition.name().to_owned())
}
