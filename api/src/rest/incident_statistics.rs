//! What goes wrong most: running instances with open incidents, counted by what their incidents say, and for one such text by version of
//! a process.

use crate::access::words::{PROCESS_DEFINITION, READ_PROCESS_INSTANCE};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity};
use crate::rest::definitions::definitions;
use crate::rest::filters::{Filters, Kind};
use crate::rest::listing::{Listing, without};
use crate::rest::search::Search;
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use runtime::MessageCount;
use serde_json::json;
use std::collections::BTreeMap;

/// How many different texts, each by version, are counted at once.
const TEXTS_MAX: u32 = 10_000;

pub(super) const ERRORS: Listing = Listing {
    things: "Errors",
    fields: &[
        ("errorHashCode", Kind::Number),
        ("errorMessage", Kind::Text),
        ("activeInstancesWithErrorCount", Kind::Number),
    ],
    key: "errorMessage",
};

pub(super) const VERSIONS: Listing = Listing {
    things: "Versions of processes",
    fields: &[
        ("errorHashCode", Kind::Number),
        ("processDefinitionKey", Kind::Key),
        ("tenantId", Kind::Text),
        ("activeInstancesWithErrorCount", Kind::Number),
    ],
    key: "processDefinitionKey",
};

/// `POST /v2/incidents/statistics/process-instances-by-error`
pub(super) async fn by_error(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let mut by_text: BTreeMap<String, u64> = BTreeMap::new();
    for count in counts(&state, &caller).await? {
        *by_text.entry(count.message).or_default() += count.number;
    }
    let items = by_text.into_iter().map(|(text, number)| {
        json!({
            "errorHashCode": hash(&text), "errorMessage": text, "activeInstancesWithErrorCount": number,
        })
    });
    Ok(ERRORS.select(items.collect(), &asked)?.answer(|item| item))
}

/// `POST /v2/incidents/statistics/process-instances-by-definition`: with the error that `filter.errorHashCode` names.
pub(super) async fn by_definition(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let wanted = asked.filter.as_ref();
    let wanted = wanted.and_then(|filter| filter.get("errorHashCode")?.as_i64());
    let wanted = wanted
        .ok_or_else(|| Error::Invalid("filter.errorHashCode is missing, a whole number.".into()))?;
    let definitions = definitions(&state, None).await?;
    let counts = counts(&state, &caller).await?.into_iter();
    let mut by_version: BTreeMap<(String, u32), u64> = BTreeMap::new();
    for count in counts.filter(|count| i64::from(hash(&count.message)) == wanted) {
        *by_version
            .entry((count.process_id, count.version))
            .or_default() += count.number;
    }
    let items = by_version
        .into_iter()
        .filter_map(|((id, version), number)| {
            let mut known = definitions.iter();
            let definition = known.find(|one| one.id == id && one.version == version)?;
            Some(json!({
                "processDefinitionId": id, "processDefinitionKey": definition.key.to_string(),
                "processDefinitionName": definition.name.as_deref().unwrap_or(&id),
                "processDefinitionVersion": version, "tenantId": TENANT, "errorHashCode": wanted,
                "activeInstancesWithErrorCount": number,
            }))
        });
    Ok(VERSIONS
        .select(items.collect(), &asked)?
        .answer(|item| without(item, &["errorHashCode"])))
}

/// What is open in the processes whose instances the caller may read, all of them.
async fn counts(state: &AppState, caller: &Identity) -> Result<Vec<MessageCount>, Error> {
    let mut counts = state.runtime.incident_counts(TEXTS_MAX + 1).await?;
    if counts.len() > TEXTS_MAX as usize {
        return Err(Error::Invalid(format!(
            "There are more than {TEXTS_MAX} different errors to be counted; search for incidents instead."
        )));
    }
    let rights = caller.rights();
    counts.retain(|one| rights.may(PROCESS_DEFINITION, READ_PROCESS_INSTANCE, &one.process_id));
    Ok(counts)
}

/// The number by which clients name a text: as Java counts it, over UTF-16.
fn hash(text: &str) -> i32 {
    let units = text.encode_utf16();
    units.fold(0, |sum: i32, unit| {
        sum.wrapping_mul(31).wrapping_add(i32::from(unit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_numbered_as_clients_expect() {
        let check = |text: &str, expected: i32| assert_eq!(hash(text), expected, "{text}");
        check("", 0);
        check("a", 97);
        check("Hello", 69_609_650);
        check("hello world", 1_794_106_052);
        check(
            "ü€𝄞",
            0xfc * 31 * 31 * 31 + 0x20ac * 31 * 31 + 0xd834 * 31 + 0xdd1e,
        );
    }
}
