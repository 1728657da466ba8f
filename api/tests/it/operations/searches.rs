//! What all searches know: operators, groups, variables, an order, pages and cursors.

use super::*;

/// Six visits; those of the older children are assigned to Grace.
async fn visits(site: &Site) -> Vec<String> {
    let mut instances = Vec::new();
    for (child, age) in [
        ("Amina", 4),
        ("Amos", 9),
        ("Ben", 9),
        ("Clara", 2),
        ("Dora", 11),
        ("Eve", 7),
    ] {
        let asked = json!({ "processDefinitionId": "visit", "businessId": format!("C-{child}"), "variables": { "child": child, "age": age } });
        let started = site.post_json("/v2/process-instances", asked).await.json();
        let instance = text(&started["processInstanceKey"]);
        let task = text(&task_of(site, &instance).await["userTaskKey"]);
        if age > 8 {
            let asked = json!({ "assignee": "grace" });
            done(
                &site
                    .post_json(&format!("/v2/user-tasks/{task}/assignment"), asked)
                    .await,
            );
        }
        let changes = json!({ "changeset": { "priority": age, "dueDate": format!("2026-04-{age:02}T09:00:00Z") } });
        done(
            &site
                .ask_json("PATCH", &format!("/v2/user-tasks/{task}"), changes)
                .await,
        );
        instances.push(instance);
        site.wait(1).await;
    }
    instances
}

async fn children(site: &Site, asked: Value) -> Vec<String> {
    let found = column(site, "user-tasks", asked, "businessId").await;
    found
        .iter()
        .map(|reference| text(reference)[2..].to_owned())
        .collect()
}

#[tokio::test]
async fn tasks_are_found_by_every_operator() {
    let site = site().await;
    visits(&site).await;
    for (filter, expected) in [
        (
            json!({ "assignee": { "$exists": false } }),
            "Amina Clara Eve",
        ),
        (
            json!({ "assignee": { "$neq": "grace" } }),
            "Amina Clara Eve",
        ),
        (
            json!({ "assignee": { "$in": ["grace", "ruth"] } }),
            "Amos Ben Dora",
        ),
        (
            json!({ "priority": { "$gte": 7, "$lt": 11 } }),
            "Amos Ben Eve",
        ),
        (
            json!({ "dueDate": { "$lte": "2026-04-04T12:00:00+03:00" } }),
            "Amina Clara",
        ),
        (
            json!({ "candidateGroup": "caseworkers", "priority": 2 }),
            "Clara",
        ),
        (
            json!({ "candidateGroup": { "$notIn": ["caseworkers"] } }),
            "",
        ),
        (json!({ "businessId": { "$like": "C-?m*" } }), "Amina Amos"),
        (
            json!({ "creationDate": { "$gt": "2026-03-02T06:04:30Z" } }),
            "Eve",
        ),
        (
            json!({ "tags": [] , "tenantId": "<default>", "priority": 2 }),
            "Clara",
        ),
        (json!({ "tags": ["urgent"] }), ""),
        (
            json!({ "$or": [{ "priority": 2 }, { "assignee": "grace", "priority": { "$gt": 9 } }] }),
            "Clara Dora",
        ),
        (
            json!({ "processInstanceVariables": [{ "name": "child", "value": { "$like": "\"A*" } }] }),
            "Amina Amos",
        ),
        (
            json!({ "processInstanceVariables": [{ "name": "age", "value": "9" }, { "name": "child", "value": "\"Ben\"" }] }),
            "Ben",
        ),
        (
            json!({ "localVariables": [{ "name": "name", "value": { "$in": ["\"Eve\"", "\"Dora\""] } }] }),
            "Dora Eve",
        ),
        (
            json!({ "localVariables": [{ "name": "child", "value": { "$exists": true } }] }),
            "",
        ),
    ] {
        let mut whole = filter.clone();
        whole["state"] = json!("CREATED");
        let found = children(&site, json!({ "filter": whole })).await;
        assert_eq!(found.join(" "), expected, "{filter}");
    }
    for (filter, says) in [
        (
            json!({ "elementId": "see" }),
            "Tasks have no index for this search; name one of: userTaskKey, processInstanceKey, businessId, assignee, candidateUser with state CREATED",
        ),
        (json!({ "$or": { "priority": 2 } }), "filter.$or is a list"),
        (
            json!({ "processInstanceVariables": "child" }),
            "is a list of objects with name and value",
        ),
        (json!({ "colour": "red" }), "filtered by colour"),
    ] {
        let answer = site
            .post_json("/v2/user-tasks/search", json!({ "filter": filter }))
            .await;
        refused(&answer, StatusCode::BAD_REQUEST, says);
    }
}

#[tokio::test]
async fn instances_are_found_by_what_they_hold_and_whether_they_are_in_trouble() {
    let site = site().await;
    let instances = visits(&site).await;
    incident_of(&site, &instances[1]).await;
    for (filter, expected) in [
        (json!({ "hasIncident": true }), vec![1]),
        (
            json!({ "processDefinitionId": "visit", "hasIncident": false }),
            vec![5, 4, 3, 2, 0],
        ),
        (
            json!({ "processDefinitionId": "visit", "startDate": { "$lt": "2026-03-02T06:01:30Z" } }),
            vec![1, 0],
        ),
        (
            json!({ "businessId": { "$in": ["C-Ben", "C-Eve"] } }),
            vec![5, 2],
        ),
        (
            json!({ "$or": [{ "businessId": "C-Ben" }, { "processInstanceKey": instances[0] }] }),
            vec![2, 0],
        ),
        (
            json!({ "processDefinitionId": "visit", "variables": [{ "name": "age", "value": { "$in": ["9", "11"] } }] }),
            vec![4, 2, 1],
        ),
        (
            json!({ "state": "ACTIVE", "endDate": { "$exists": true } }),
            vec![],
        ),
    ] {
        let found = column(
            &site,
            "process-instances",
            json!({ "filter": filter }),
            "processInstanceKey",
        )
        .await;
        let expected: Vec<&String> = expected
            .into_iter()
            .map(|at: usize| &instances[at])
            .collect();
        assert_eq!(json!(found), json!(expected), "{filter}");
    }
}

#[tokio::test]
async fn cursors_lead_through_all_pages_whatever_goes_meanwhile() {
    let site = site().await;
    visits(&site).await;
    let page = |cursor: Value| {
        let mut page = json!({ "limit": 2 });
        page.as_object_mut()
            .unwrap()
            .extend(cursor.as_object().unwrap().clone());
        json!({ "filter": { "state": "CREATED" }, "sort": [{ "field": "priority", "order": "DESC" }], "page": page })
    };
    let names = |found: &Value| {
        let items = found["items"].as_array().unwrap();
        let names = items
            .iter()
            .map(|item| text(&item["businessId"])[2..].to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    let first = search(&site, "user-tasks", page(json!({}))).await;
    // Of equal ones the youngest first, because the order falls.
    assert_eq!(names(&first), "Dora Ben");
    // A task of the first page is done meanwhile: nobody is skipped.
    let gone = text(&first["items"][0]["userTaskKey"]);
    done(
        &site
            .post_json(&format!("/v2/user-tasks/{gone}/completion"), json!({}))
            .await,
    );
    let second = search(
        &site,
        "user-tasks",
        page(json!({ "after": first["page"]["endCursor"] })),
    )
    .await;
    assert_eq!(
        (names(&second).as_str(), &second["page"]["totalItems"]),
        ("Amos Eve", &json!(5))
    );
    let third = search(
        &site,
        "user-tasks",
        page(json!({ "after": second["page"]["endCursor"] })),
    )
    .await;
    assert_eq!(names(&third), "Amina Clara");
    let end = search(
        &site,
        "user-tasks",
        page(json!({ "after": third["page"]["endCursor"] })),
    )
    .await;
    assert_eq!(
        (names(&end).as_str(), &end["page"]["endCursor"]),
        ("", &Value::Null)
    );
    let back = search(
        &site,
        "user-tasks",
        page(json!({ "before": third["page"]["startCursor"] })),
    )
    .await;
    assert_eq!(names(&back), "Amos Eve");
    let of_another = json!({ "sort": [{ "field": "name" }], "filter": { "state": "CREATED" }, "page": { "after": first["page"]["endCursor"] } });
    let answer = site.post_json("/v2/user-tasks/search", of_another).await;
    refused(
        &answer,
        StatusCode::BAD_REQUEST,
        "page.after is no cursor of a search in this order",
    );
    let both = json!({ "page": { "after": "x", "from": 3 } });
    let answer = site.post_json("/v2/user-tasks/search", both).await;
    refused(
        &answer,
        StatusCode::BAD_REQUEST,
        "one of from, after and before",
    );
}

#[tokio::test]
async fn lists_that_are_read_whole_have_cursors_as_well() {
    let site = site().await;
    let instance = visits(&site).await.remove(0);
    let page = |cursor: Value| {
        let mut page = json!({ "limit": 1 });
        page.as_object_mut()
            .unwrap()
            .extend(cursor.as_object().unwrap().clone());
        json!({ "filter": { "processInstanceKey": instance }, "sort": [{ "field": "name" }], "page": page })
    };
    let mut names = Vec::new();
    let mut cursor = json!({});
    loop {
        let found = search(&site, "variables", page(cursor)).await;
        let Some(item) = found["items"].get(0) else {
            break;
        };
        names.push(text(&item["name"]));
        cursor = json!({ "after": found["page"]["endCursor"] });
    }
    assert_eq!(names, ["age", "child", "name"]);
}

#[tokio::test]
async fn what_somebody_did_is_told_line_by_line() {
    let site = site().await;
    let instance = start(&site, "Amina").await;
    let task = text(&task_of(&site, &instance).await["userTaskKey"]);
    done(
        &site
            .post_json(
                &format!("/v2/user-tasks/{task}/assignment"),
                json!({ "assignee": "grace" }),
            )
            .await,
    );
    incident_of(&site, &instance).await;
    let of = async |filter: Value| {
        let asked = json!({ "filter": filter, "sort": [{ "field": "auditLogKey" }] });
        let found = search(&site, "audit-logs", asked).await;
        let items = found["items"].as_array().unwrap().clone();
        let deeds = items.iter().map(|item| {
            format!(
                "{} {}",
                text(&item["entityType"]),
                text(&item["operationType"])
            )
        });
        (deeds.collect::<Vec<_>>(), items)
    };
    let (deeds, items) = of(json!({ "processInstanceKey": instance })).await;
    assert_eq!(
        deeds,
        [
            "PROCESS_INSTANCE CREATE",
            "USER_TASK ASSIGN",
            "USER_TASK COMPLETE",
            "JOB UPDATE"
        ]
    );
    assert_eq!(
        (&items[1]["entityKey"], &items[1]["actorId"]),
        (&json!(task), &json!("api"))
    );
    let (of_task, _) = of(json!({ "processInstanceKey": instance, "userTaskKey": task, "operationType": { "$neq": "ASSIGN" } })).await;
    assert_eq!(of_task, ["USER_TASK COMPLETE"]);
    let key = text(&items[3]["auditLogKey"]);
    assert_eq!(
        site.get(&format!("/v2/audit-logs/{key}")).await.json(),
        items[3]
    );
    let unnamed = site.post_json("/v2/audit-logs/search", json!({})).await;
    refused(
        &unnamed,
        StatusCode::BAD_REQUEST,
        "Audit logs are found by one of these",
    );
    refused(
        &site.get("/v2/audit-logs/7").await,
        StatusCode::NOT_FOUND,
        "the audit log 7",
    );
}
