//! Which scope of a token a request needs, by its address alone: what is not listed here needs the highest one.

use crate::tokens::Scope;
use axum::http::Method;

/// First part of an address, what reading it needs, and what everything else needs.
const AREAS: &[(&str, Scope, Scope)] = &[
    ("topology", Scope::Read, Scope::Administer),
    ("audit-logs", Scope::Read, Scope::Administer),
    ("user-tasks", Scope::Read, Scope::Work),
    ("jobs", Scope::Read, Scope::Work),
    ("messages", Scope::Read, Scope::Work),
    ("message-subscriptions", Scope::Read, Scope::Work),
    ("correlated-message-subscriptions", Scope::Read, Scope::Work),
    ("signals", Scope::Read, Scope::Work),
    ("events", Scope::Read, Scope::Work),
    ("conditionals", Scope::Read, Scope::Work),
    ("documents", Scope::Read, Scope::Work),
    ("expression", Scope::Read, Scope::Read),
    ("process-instances", Scope::Read, Scope::Operate),
    ("element-instances", Scope::Read, Scope::Operate),
    ("variables", Scope::Read, Scope::Operate),
    ("incidents", Scope::Read, Scope::Operate),
    ("batch-operations", Scope::Read, Scope::Operate),
    ("batch-operation-items", Scope::Read, Scope::Operate),
    ("decision-instances", Scope::Read, Scope::Operate),
    ("deadlines", Scope::Read, Scope::Operate),
    ("cases", Scope::Read, Scope::Operate),
    ("holds", Scope::Read, Scope::Operate),
    ("clock", Scope::Read, Scope::Operate),
    ("process-definitions", Scope::Read, Scope::Design),
    ("decision-definitions", Scope::Read, Scope::Design),
    ("decision-requirements", Scope::Read, Scope::Design),
    ("forms", Scope::Read, Scope::Design),
    ("deployments", Scope::Read, Scope::Design),
    ("resources", Scope::Read, Scope::Design),
];

/// Areas with statistics; the ids in them are numbers.
const COUNTED: &[&str] = &[
    "process-instances",
    "process-definitions",
    "incidents",
    "jobs",
];

/// Exact addresses that need something else than the rest of their area.
const APART: &[(&str, Scope)] = &[
    ("process-instances", Scope::Work),
    ("decision-definitions/evaluation", Scope::Work),
    ("system/usage-metrics", Scope::Read),
    ("system/configuration", Scope::Read),
];

/// The scope that a request needs; `None` where any token will do. `path` begins behind `/v2`.
pub(super) fn needed(method: &Method, path: &str) -> Option<Scope> {
    let path = path.trim_matches('/');
    if path == "authentication/me" || path == "authentication/me/authorizations/search" {
        return None;
    }
    let reads = only_reads(method, path);
    if let Some((_, scope)) = APART.iter().find(|(apart, _)| *apart == path)
        && !(reads && *scope == Scope::Work)
    {
        return Some(*scope);
    }
    // A step of an ad-hoc subprocess is chosen by who works on it.
    if path.starts_with("element-instances/ad-hoc-activities/") {
        return Some(Scope::Work);
    }
    let first = path.split('/').next().unwrap_or_default();
    let area = AREAS.iter().find(|(name, _, _)| *name == first);
    Some(match area {
        Some((_, reading, _)) if reads => *reading,
        Some((_, _, changing)) => *changing,
        None => Scope::Administer,
    })
}

/// Whether a request changes nothing. `path` begins behind `/v2`.
pub(crate) fn only_reads(method: &Method, path: &str) -> bool {
    method.is_safe() || (*method == Method::POST && reads_by_post(path.trim_matches('/')))
}

/// Searches and statistics are asked for by POST: of an area, or of one thing in it. An id is chosen by whoever made the thing, so that a
/// word counts only where no id stands.
fn reads_by_post(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let (last, rest) = parts.split_last().unwrap_or((&"", &[]));
    match rest {
        _ if *last == "search" => true,
        [area, "statistics"] | [area, _, "statistics"] => COUNTED.contains(area),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, path: &str, expected: Option<Scope>) {
        let method: Method = method.parse().unwrap();
        assert_eq!(needed(&method, path), expected, "{method} {path}");
    }

    #[test]
    fn reading_and_changing_need_different_scopes() {
        check("GET", "/user-tasks/7", Some(Scope::Read));
        check("POST", "/user-tasks/search", Some(Scope::Read));
        check("POST", "/user-tasks/7/completion", Some(Scope::Work));
        check("POST", "/jobs/activation", Some(Scope::Work));
        check("POST", "/audit-logs/search", Some(Scope::Read));
        check("POST", "/process-instances", Some(Scope::Work));
        check("POST", "/process-instances/search", Some(Scope::Read));
        check(
            "GET",
            "/process-instances/7/statistics/element-instances",
            Some(Scope::Read),
        );
        check(
            "POST",
            "/process-instances/7/cancellation",
            Some(Scope::Operate),
        );
        check(
            "POST",
            "/process-instances/cancellation",
            Some(Scope::Operate),
        );
        check(
            "PUT",
            "/element-instances/7/variables",
            Some(Scope::Operate),
        );
        check(
            "POST",
            "/element-instances/ad-hoc-activities/7/activation",
            Some(Scope::Work),
        );
        check("POST", "/deployments", Some(Scope::Design));
        check(
            "POST",
            "/process-definitions/7/statistics/element-instances",
            Some(Scope::Read),
        );
        check(
            "POST",
            "/incidents/statistics/process-instances-by-error",
            Some(Scope::Read),
        );
        check(
            "POST",
            "/decision-definitions/evaluation",
            Some(Scope::Work),
        );
    }

    #[test]
    fn words_of_reading_in_other_places_make_nothing_a_read() {
        check("DELETE", "/documents/search", Some(Scope::Work));
        check("PUT", "/cases/7/search", Some(Scope::Operate));
        check("POST", "/documents/statistics/links", Some(Scope::Work));
        check(
            "POST",
            "/process-instances/7/migration/statistics/x",
            Some(Scope::Operate),
        );
    }

    #[test]
    fn what_is_not_listed_needs_the_highest_scope() {
        check("GET", "/users/grace", Some(Scope::Administer));
        check("POST", "/tokens", Some(Scope::Administer));
        check("POST", "/roles/search", Some(Scope::Administer));
        check("GET", "/something-new", Some(Scope::Administer));
        check("GET", "/authentication/me", None);
    }
}
