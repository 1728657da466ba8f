//! Users, groups, roles and authorizations through the API: shapes, codes, and who may change them.

use super::callers::Program;
use crate::support::{PASSWORD, Site};
use axum::http::StatusCode;
use serde_json::{Value, json};
use store::AuditQuery;

const OK: StatusCode = StatusCode::OK;
const CREATED: StatusCode = StatusCode::CREATED;
const DONE: StatusCode = StatusCode::NO_CONTENT;
const BAD: StatusCode = StatusCode::BAD_REQUEST;
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;
const MISSING: StatusCode = StatusCode::NOT_FOUND;
const CONFLICT: StatusCode = StatusCode::CONFLICT;

/// Asks, and expects a status.
async fn told(program: &Program<'_>, call: &str, body: Value, expected: StatusCode) -> Value {
    let (method, path) = call.split_once(' ').unwrap();
    let answer = program.ask(method, &format!("/v2{path}"), body).await;
    assert_eq!(answer.status, expected, "{call}: {}", answer.body);
    if answer.body.is_empty() {
        return Value::Null;
    }
    answer.json()
}

/// The values of a field in what a search finds.
async fn listed(program: &Program<'_>, path: &str, field: &str) -> Vec<String> {
    let body = json!({ "sort": [{ "field": field }] });
    let found = told(program, &format!("POST {path}"), body, OK).await;
    let items = found["items"].as_array().unwrap();
    assert_eq!(found["page"]["totalItems"], items.len());
    let text = |item: &Value| item[field].as_str().unwrap().to_owned();
    items.iter().map(text).collect()
}

#[tokio::test]
async fn a_user_is_made_changed_and_removed() {
    let site = Site::new().await;
    let admin = Program::of(&site, "admin");
    let sarah = json!({ "username": "sarah", "password": PASSWORD, "name": "Sarah Nandawula", "email": "s@example.org" });
    let expected =
        json!({ "username": "sarah", "name": "Sarah Nandawula", "email": "s@example.org" });
    assert_eq!(
        told(&admin, "POST /users", sarah.clone(), CREATED).await,
        expected
    );
    told(&admin, "POST /users", sarah.clone(), CONFLICT).await;
    assert_eq!(
        told(&admin, "GET /users/sarah", Value::Null, OK).await,
        expected
    );
    told(&admin, "GET /users/nobody", Value::Null, MISSING).await;
    // The same person signs in to the pages.
    site.sign_in("sarah").await;
    told(
        &Program::of(&site, "sarah"),
        "GET /users/sarah",
        Value::Null,
        OK,
    )
    .await;

    let changed = told(
        &admin,
        "PUT /users/sarah",
        json!({ "name": "S. Nandawula" }),
        OK,
    )
    .await;
    assert_eq!(
        changed,
        json!({ "username": "sarah", "name": "S. Nandawula", "email": null })
    );
    told(&admin, "PUT /users/nobody", json!({ "name": "N" }), MISSING).await;
    let filter = json!({ "filter": { "username": { "$like": "s*" } } });
    let found = told(&admin, "POST /users/search", filter, OK).await;
    assert_eq!(found["items"], json!([changed]));

    told(&admin, "DELETE /users/sarah", Value::Null, DONE).await;
    told(&admin, "DELETE /users/sarah", Value::Null, MISSING).await;
    let gone = Program::of(&site, "sarah").get("/v2/topology").await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_no_user_is_refused_by_name() {
    let site = Site::new().await;
    let admin = Program::of(&site, "admin");
    let check = async |body: Value, expected: &str| {
        let problem = told(&admin, "POST /users", body, BAD).await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(expected), "{detail}");
    };
    check(
        json!({ "username": "A B", "password": PASSWORD }),
        "is no sign-in name",
    )
    .await;
    check(
        json!({ "username": "sarah", "password": "short" }),
        "The password is too short",
    )
    .await;
    check(json!({ "username": "sarah" }), "The password is too short").await;
}

#[tokio::test]
async fn who_is_removed_leaves_nothing_to_the_next_of_that_name() {
    let site = Site::new().await;
    let admin = Program::of(&site, "admin");
    let sarah = json!({ "username": "sarah", "password": PASSWORD });
    told(&admin, "POST /users", sarah.clone(), CREATED).await;
    told(
        &admin,
        "PUT /roles/supervisor/users/sarah",
        Value::Null,
        DONE,
    )
    .await;
    told(
        &admin,
        "POST /roles",
        json!({ "roleId": "auditor", "name": "Auditor" }),
        CREATED,
    )
    .await;
    told(&admin, "PUT /roles/auditor/users/sarah", Value::Null, DONE).await;
    let given = json!({
        "ownerType": "USER", "ownerId": "sarah", "resourceType": "USER", "resourceId": "*", "permissionTypes": ["READ"],
    });
    told(&admin, "POST /authorizations", given, CREATED).await;
    let token = json!({ "name": "nightly", "scopes": ["administer"] });
    let made = told(&Program::of(&site, "sarah"), "POST /tokens", token, CREATED).await;
    let browser = site.sign_in("sarah").await;
    assert_eq!(
        listed(&Program::of(&site, "sarah"), "/users/search", "username")
            .await
            .len(),
        5
    );

    told(&admin, "DELETE /users/sarah", Value::Null, DONE).await;
    told(&admin, "POST /users", sarah, CREATED).await;
    let sarah = Program::of(&site, "sarah");
    assert_eq!(
        listed(&sarah, "/users/search", "username").await,
        Vec::<String>::new()
    );
    let me = told(&sarah, "GET /authentication/me", Value::Null, OK).await;
    assert_eq!(me["roles"], json!([]));
    let token = Program::with(&site, made["token"].as_str().unwrap());
    told(
        &token,
        "GET /authentication/me",
        Value::Null,
        StatusCode::UNAUTHORIZED,
    )
    .await;
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn with_a_new_password_sessions_end() {
    let site = Site::new().await;
    let browser = site.sign_in("grace").await;
    let admin = Program::of(&site, "admin");
    told(
        &admin,
        "PUT /users/grace",
        json!({ "name": "Grace Auma" }),
        OK,
    )
    .await;
    assert!(browser.get("/inbox").await.location().is_empty());
    let password = json!({ "name": "Grace Auma", "password": "another long password" });
    told(&admin, "PUT /users/grace", password, OK).await;
    assert!(
        browser
            .get("/inbox")
            .await
            .location()
            .starts_with("/signin")
    );
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let site = Site::new().await;
    let admin = Program::of(&site, "admin");
    told(&admin, "DELETE /users/admin", Value::Null, CONFLICT).await;
    told(
        &admin,
        "DELETE /roles/administrator/users/admin",
        Value::Null,
        CONFLICT,
    )
    .await;
    told(
        &admin,
        "PUT /roles/administrator/users/ruth",
        Value::Null,
        DONE,
    )
    .await;
    told(
        &admin,
        "DELETE /roles/administrator/users/admin",
        Value::Null,
        DONE,
    )
    .await;
    told(&admin, "GET /users/ruth", Value::Null, FORBIDDEN).await;
}

#[tokio::test]
async fn a_group_is_the_team_of_its_users() {
    let site = Site::new().await;
    let admin = Program::of(&site, "admin");
    // Teams of users are groups already, under their own names.
    assert_eq!(
        listed(&admin, "/groups/search", "groupId").await,
        ["caseworkers", "supervisors"]
    );
    let plain = json!({ "groupId": "caseworkers", "name": "caseworkers", "description": null });
    assert_eq!(
        told(&admin, "GET /groups/caseworkers", Value::Null, OK).await,
        plain
    );

    let night = json!({ "groupId": "night", "name": "Night duty", "description": "from 8 pm" });
    assert_eq!(
        told(&admin, "POST /groups", night.clone(), CREATED).await,
        night
    );
    told(&admin, "POST /groups", night, CONFLICT).await;
    told(
        &admin,
        "POST /groups",
        json!({ "groupId": "", "name": "n" }),
        BAD,
    )
    .await;
    told(&admin, "PUT /groups/night/users/grace", Value::Null, DONE).await;
    told(
        &admin,
        "PUT /groups/night/users/grace",
        Value::Null,
        CONFLICT,
    )
    .await;
    told(
        &admin,
        "PUT /groups/night/users/nobody",
        Value::Null,
        MISSING,
    )
    .await;
    told(
        &admin,
        "PUT /groups/nothing/users/grace",
        Value::Null,
        MISSING,
    )
    .await;
    told(
        &admin,
        "PUT /groups/night/clients/importer",
        Value::Null,
        DONE,
    )
    .await;
    assert_eq!(
        listed(&admin, "/groups/night/users/search", "username").await,
        ["grace"]
    );
    assert_eq!(
        listed(&admin, "/groups/night/clients/search", "clientId").await,
        ["importer"]
    );
    let me = told(
        &Program::of(&site, "grace"),
        "GET /authentication/me",
        Value::Null,
        OK,
    )
    .await;
    assert_eq!(me["groups"], json!(["caseworkers", "night"]));

    let renamed = told(&admin, "PUT /groups/night", json!({ "name": "Night" }), OK).await;
    assert_eq!(
        renamed,
        json!({ "groupId": "night", "name": "Night", "description": null })
    );
    told(
        &admin,
        "DELETE /groups/night/users/grace",
        Value::Null,
        DONE,
    )
    .await;
    told(
        &admin,
        "DELETE /groups/night/users/grace",
        Value::Null,
        MISSING,
    )
    .await;
    told(&admin, "PUT /groups/night/users/grace", Value::Null, DONE).await;
    told(&admin, "DELETE /groups/night", Value::Null, DONE).await;
    told(&admin, "GET /groups/night", Value::Null, MISSING).await;
    let me = told(
        &Program::of(&site, "grace"),
        "GET /authentication/me",
        Value::Null,
        OK,
    )
    .await;
    assert_eq!(me["groups"], json!(["caseworkers"]));
}

#[tokio::test]
async fn roles_are_given_to_users_programs_and_groups() {
    let site = Site::new().await;
    let admin = Program::of(&site, "admin");
    let built_in = ["administrator", "caseworker", "designer", "supervisor"];
    assert_eq!(listed(&admin, "/roles/search", "roleId").await, built_in);
    told(
        &admin,
        "POST /roles",
        json!({ "roleId": "caseworker", "name": "n" }),
        CONFLICT,
    )
    .await;
    told(&admin, "DELETE /roles/caseworker", Value::Null, CONFLICT).await;
    told(
        &admin,
        "PUT /roles/designer/groups/caseworkers",
        Value::Null,
        BAD,
    )
    .await;

    let auditor = json!({ "roleId": "auditor", "name": "Auditor", "description": null });
    assert_eq!(
        told(&admin, "POST /roles", auditor.clone(), CREATED).await,
        auditor
    );
    told(
        &admin,
        "PUT /roles/auditor/groups/caseworkers",
        Value::Null,
        DONE,
    )
    .await;
    told(
        &admin,
        "PUT /roles/auditor/groups/nothing",
        Value::Null,
        MISSING,
    )
    .await;
    told(&admin, "PUT /roles/auditor/users/ruth", Value::Null, DONE).await;
    told(
        &admin,
        "PUT /roles/designer/clients/importer",
        Value::Null,
        DONE,
    )
    .await;
    assert_eq!(
        listed(&admin, "/roles/auditor/groups/search", "groupId").await,
        ["caseworkers"]
    );
    assert_eq!(
        listed(&admin, "/groups/caseworkers/roles/search", "roleId").await,
        ["auditor"]
    );
    assert_eq!(
        listed(&admin, "/roles/auditor/users/search", "username").await,
        ["ruth"]
    );
    assert_eq!(
        listed(&admin, "/roles/designer/clients/search", "clientId").await,
        ["importer"]
    );
    assert_eq!(
        listed(&admin, "/roles/designer/users/search", "username").await,
        ["daniel"]
    );
    let roles = async |name: &str| {
        let me = told(
            &Program::of(&site, name),
            "GET /authentication/me",
            Value::Null,
            OK,
        )
        .await;
        me["roles"].clone()
    };
    assert_eq!(roles("grace").await, json!(["caseworker", "auditor"]));
    assert_eq!(roles("ruth").await, json!(["supervisor", "auditor"]));
    told(&admin, "DELETE /roles/auditor", Value::Null, DONE).await;
    assert_eq!(roles("grace").await, json!(["caseworker"]));
}

fn reading(owner_type: &str, owner: &str, resource: &str, id: &str) -> Value {
    json!({
        "ownerType": owner_type, "ownerId": owner, "resourceType": resource, "resourceId": id,
        "permissionTypes": ["READ"],
    })
}

#[tokio::test]
async fn an_authorization_is_made_changed_and_taken_away() {
    let site = Site::new().await;
    let admin = Program::of(&site, "admin");
    let asked = reading("GROUP", "caseworkers", "USER", "*");
    let made = told(&admin, "POST /authorizations", asked, CREATED).await;
    let key = made["authorizationKey"].as_str().unwrap().to_owned();
    let one = format!("/authorizations/{key}");
    let expected = json!({
        "ownerId": "caseworkers", "ownerType": "GROUP", "resourceType": "USER", "resourceId": "*",
        "resourcePropertyName": null, "permissionTypes": ["READ"], "authorizationKey": key,
    });
    assert_eq!(
        told(&admin, &format!("GET {one}"), Value::Null, OK).await,
        expected
    );
    let filter = json!({ "filter": { "ownerType": "GROUP", "resourceIds": ["*"] } });
    let found = told(&admin, "POST /authorizations/search", filter.clone(), OK).await;
    assert_eq!(found["items"], json!([expected]));
    let own = told(
        &Program::of(&site, "grace"),
        "POST /authentication/me/authorizations/search",
        filter,
        OK,
    )
    .await;
    assert_eq!(own["items"], json!([expected]));
    assert_eq!(own["authorizationsEnabled"], true);

    let grace = Program::of(&site, "grace");
    told(&grace, "GET /users/ruth", Value::Null, OK).await;
    told(
        &admin,
        &format!("PUT {one}"),
        reading("USER", "grace", "USER", "admin"),
        DONE,
    )
    .await;
    told(&grace, "GET /users/ruth", Value::Null, FORBIDDEN).await;
    told(&grace, "GET /users/admin", Value::Null, OK).await;
    assert_eq!(listed(&grace, "/users/search", "username").await, ["admin"]);
    told(&admin, &format!("DELETE {one}"), Value::Null, DONE).await;
    told(&grace, "GET /users/admin", Value::Null, FORBIDDEN).await;
    told(&admin, &format!("DELETE {one}"), Value::Null, MISSING).await;

    let subject = Some(format!("authorizations/{key}"));
    let query = AuditQuery {
        subject,
        ..AuditQuery::default()
    };
    let lines = site.runtime.audit(&query).await.unwrap();
    let actions: Vec<_> = lines.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "authorization-deleted",
            "authorization-changed",
            "authorization-created"
        ]
    );
    assert_eq!(
        lines[2].detail.as_deref(),
        Some("allow GROUP caseworkers READ on USER *")
    );
}

#[tokio::test]
async fn what_is_denied_stays_denied_whatever_permits_it() {
    let site = Site::new().await;
    let admin = Program::of(&site, "admin");
    let mut denied = reading("ROLE", "administrator", "USER", "ruth");
    denied["effect"] = json!("DENY");
    let made = told(&admin, "POST /authorizations", denied, CREATED).await;
    told(&admin, "GET /users/ruth", Value::Null, FORBIDDEN).await;
    assert_eq!(
        listed(&admin, "/users/search", "username").await,
        ["admin", "daniel", "grace"]
    );
    let one = format!(
        "/authorizations/{}",
        made["authorizationKey"].as_str().unwrap()
    );
    assert_eq!(
        told(&admin, &format!("GET {one}"), Value::Null, OK).await["effect"],
        "DENY"
    );
}

#[tokio::test]
async fn what_is_no_authorization_is_refused_by_name() {
    let site = Site::new().await;
    let admin = Program::of(&site, "admin");
    let check = async |field: &str, value: Value, status: StatusCode, expected: &str| {
        let mut body = reading("USER", "grace", "USER", "*");
        body[field] = value;
        let problem = told(&admin, "POST /authorizations", body, status).await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(expected), "{detail}");
    };
    check(
        "ownerType",
        json!("MAPPING_RULE"),
        BAD,
        "is none of USER, CLIENT, ROLE, GROUP",
    )
    .await;
    check("ownerId", json!("nobody"), MISSING, "the user nobody").await;
    check("resourceType", json!("THING"), BAD, "\"THING\" is none of").await;
    check("permissionTypes", json!(["FLY"]), BAD, "\"FLY\" is none of").await;
    check(
        "permissionTypes",
        json!([]),
        BAD,
        "permissionTypes is missing",
    )
    .await;
    check("resourceId", Value::Null, BAD, "resourceId is missing").await;
    check(
        "resourcePropertyName",
        json!("assignee"),
        BAD,
        "not known here",
    )
    .await;
    check("effect", json!("MAYBE"), BAD, "ALLOW or DENY").await;
    let built_in = told(&admin, "DELETE /authorizations/1", Value::Null, FORBIDDEN).await;
    assert!(
        built_in["detail"]
            .as_str()
            .unwrap()
            .contains("comes with the program")
    );
}

#[tokio::test]
async fn only_administrators_change_who_may_do_what() {
    let site = Site::new().await;
    for name in ["grace", "ruth", "daniel"] {
        let program = Program::of(&site, name);
        let calls = [
            (
                "POST /users",
                json!({ "username": "sarah", "password": PASSWORD }),
            ),
            ("PUT /users/grace", json!({ "name": "G" })),
            ("DELETE /users/grace", Value::Null),
            ("GET /users/admin", Value::Null),
            (
                "POST /groups",
                json!({ "groupId": "night", "name": "Night" }),
            ),
            ("PUT /roles/administrator/users/grace", Value::Null),
            ("POST /roles/administrator/users/search", Value::Null),
            (
                "POST /authorizations",
                reading("USER", "grace", "USER", "*"),
            ),
            ("DELETE /authorizations/1", Value::Null),
        ];
        for (call, body) in calls {
            told(&program, call, body, FORBIDDEN).await;
        }
        assert_eq!(
            listed(&program, "/users/search", "username").await,
            Vec::<String>::new()
        );
    }
}
