//! No search looks at a whole table: each takes an index, or is refused.

use store::search::{By, Condition, Operand, Part, Search};
use store::*;

use crate::finding::{everything, is, keys, word};
use crate::support::Fixture;

crate::story! {
    every_way_is_an_index,
    what_stands_still_is_found_by_an_index,
    what_is_seen_is_found_by_an_index,
    few_cases_are_looked_up_by_their_keys,
    a_cursor_enters_its_index_where_it_stands,
    a_page_of_a_queue_is_cut_out_of_it,
    a_page_is_cut_out_where_the_database_believes_that_nothing_is_open,
    what_has_no_index_is_refused_and_told_what_to_name,
}

/// Makes so many instances, each with an open task, a job, a subscription, an incident, a deadline and an event for a webhook.
const MANY: &[&str] = &[
    "insert into process_instances (key, process_id, definition, version, business_id, status, revision, format, started_at, suspended_at, history_length, history_hash, state)
     select n * 1048576, 'work' || (n % 400), 1, 1, 'CASE-' || n, 'active', 1, 1, n, case when n % 500 = 0 then n end, 1, H, H from numbers",
    "insert into tasks (key, instance, element, element_instance, name, assignee, candidate_groups, candidate_users, due, priority, state, created_at)
     select n * 1048576 + 3, n * 1048576, 'do', n * 1048576 + 2, 'Do', 'user' || (n % 100), '[\"team\"]', '[]', n, 50, 'open', n from numbers",
    "insert into task_candidates (kind, candidate, assigned, due, task) select 'group', 'team' || (n % 400), FALSE, n, n * 1048576 + 3 from numbers",
    "insert into jobs (key, instance, element, element_instance, type, retries, available_at, token, created_at)
     select n * 1048576 + 4, n * 1048576, 'tell', n * 1048576 + 2, 'type' || (n % 400), n % 2, n, 0, n from numbers",
    "insert into subscriptions (key, instance, process_id, element, element_instance, kind, name, correlation, created_at)
     select n * 1048576 + 5, n * 1048576, 'work' || (n % 400), 'hear', n * 1048576 + 2, 'message', 'reply' || (n % 400), 'c' || n, n from numbers",
    "insert into incidents (key, instance, element, element_instance, kind, message, raised_at, resolved_at)
     select n * 1048576 + 6, n * 1048576, 'tell', n * 1048576 + 2, 'job', 'dead', n, case when n % 1000 > 0 then n end from numbers",
    "insert into decision_instances (key, part, decision_id, name, definition, version, root, instance, actor, at, warnings, account)
     select n / 2, n % 2 + 1, 'risk' || (n % 5), 'Risk', n % 5, 1, n % 5, n * 1048576, 'grace', n / 4, 0, '{}' from numbers",
    "insert into deadlines (key, instance, element, element_instance, name, of_task, started_at, due, source, calendar, beyond_calendar, counted_at, changes, state)
     select n * 1048576 + 3, n * 1048576, 'do', n * 1048576 + 2, 'Do', 1, n, case when n % 40 = 0 then 9223372036854775807 else n * 1000 end,
     'statute', '', 0, n, '[]', case n % 4 when 0 then 'open' when 1 then 'missed' else 'met' end from numbers",
    "insert into deliveries (webhook, instance, position, type, event, created_at, died_at, attempts)
     select 'w' || (n % 51), n * 1048576, n, 'task.created', '{}', n, case when n % 2 = 0 then n end, 16 from numbers",
];

pub(crate) async fn many(fixture: &Fixture, number: u32) {
    make(fixture, MANY, number).await;
    fixture.execute("analyze").await.unwrap();
}

async fn make(fixture: &Fixture, rows: &[&str], number: u32) {
    let shared = fixture.store.is_shared();
    for text in rows {
        let numbers = if shared {
            format!("(select generate_series(1, {number}::bigint) as n) as numbers")
        } else {
            format!(
                "(with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < {number}) select n from numbers) as numbers"
            )
        };
        let text = text
            .replace("from numbers", &format!("from {numbers}"))
            .replace("H", if shared { "'\\x00'::bytea" } else { "x'00'" })
            .replace("FALSE", if shared { "false" } else { "0" });
        fixture.execute(text).await.unwrap();
    }
}

async fn every_way_is_an_index(fixture: Fixture) {
    many(&fixture, 20_000).await;
    let key = || Operand::Number(Key::of_instance(77).0);
    let open = || is("state", word("open"));
    let by = |column, descending| vec![By { column, descending }];
    let all = |all: Vec<Condition>| Search {
        all,
        ..everything()
    };
    let ordered = |search: Search, order| Search {
        order,
        limit: 10,
        ..search
    };
    let of_tasks = [
        all(vec![is("key", key())]),
        all(vec![is("instance", key()), is("element", word("do"))]),
        all(vec![is("business_id", word("CASE-9"))]),
        all(vec![open(), is("assignee", word("user3"))]),
        all(vec![is("assignee", word("user3"))]),
        ordered(
            all(vec![open(), is("assignee", word("user3"))]),
            by("due", false),
        ),
        all(vec![open(), is("candidate_group", word("team3"))]),
        ordered(
            all(vec![open(), is("candidate_group", word("team3"))]),
            by("due", false),
        ),
        all(vec![open(), is("process_id", word("work3"))]),
        ordered(all(vec![open()]), by("key", true)),
        ordered(all(vec![open()]), by("due", false)),
        ordered(all(vec![is("state", word("completed"))]), by("key", false)),
        Search {
            any: vec![
                vec![is("instance", key())],
                vec![is("business_id", word("CASE-9"))],
            ],
            ..everything()
        },
        ordered(everything(), by("key", false)),
    ];
    for search in of_tasks {
        plan::<Task>(&fixture, "tasks", &search).await;
    }
    for search in [
        all(vec![is("key", key())]),
        all(vec![is("instance", key())]),
        all(vec![is("type", word("type7"))]),
        all(vec![is("process_id", word("work3"))]),
    ] {
        plan::<Job>(&fixture, "jobs", &search).await;
    }
    for search in [
        all(vec![is("instance", key())]),
        all(vec![
            is("kind", word("message")),
            is("name", word("reply7")),
        ]),
        all(vec![is("process_id", word("work3"))]),
    ] {
        plan::<Subscription>(&fixture, "subscriptions", &search).await;
    }
    for search in [
        all(vec![is("instance", key())]),
        ordered(all(vec![open()]), by("raised_at", true)),
        all(vec![open(), is("process_id", word("work3"))]),
    ] {
        plan::<Incident>(&fixture, "incidents", &search).await;
    }
    let any = vec![
        vec![is("key", Operand::Number(77))],
        vec![is("instance", key())],
    ];
    for search in [
        all(vec![is("key", Operand::Number(77))]),
        all(vec![is("instance", key())]),
        all(vec![is("definition", Operand::Number(3))]),
        ordered(all(vec![is("decision_id", word("risk3"))]), by("at", true)),
        ordered(everything(), by("at", true)),
        Search {
            any,
            ..everything()
        },
    ] {
        plan::<DecisionInstance>(&fixture, "decision_instances", &search).await;
    }
    for search in [
        all(vec![is("key", key())]),
        all(vec![is("business_id", word("CASE-9"))]),
        all(vec![is("parent_instance", key())]),
        all(vec![is("trouble", word("some"))]),
        ordered(
            all(vec![
                is("process_id", word("work3")),
                is("status", word("active")),
            ]),
            by("key", true),
        ),
        ordered(all(vec![is("status", word("terminated"))]), by("key", true)),
    ] {
        plan::<Instance>(&fixture, "process_instances", &search).await;
    }
}

/// Few stand still: they are not looked for among all that run.
async fn what_stands_still_is_found_by_an_index(fixture: Fixture) {
    many(&fixture, 20_000).await;
    let still = || is("status", word("suspended"));
    let of_process = vec![still(), is("process_id", word("work0"))];
    let since = is("suspended_at", Operand::Number(500));
    for (all, index) in [
        (vec![still()], "process_instances_suspended"),
        (of_process, "process_instances_suspended"),
        (vec![since], "process_instances_by_suspension"),
    ] {
        let search = Search {
            all,
            order: vec![By {
                column: "key",
                descending: true,
            }],
            limit: 10,
            ..everything()
        };
        let plan = fixture.store.plan::<Instance>(&search).await.unwrap();
        assert!(plan.iter().any(|step| step.contains(index)), "{plan:#?}");
    }
}

/// What somebody sees is found by what they have to do with, not by looking at all tasks.
async fn what_is_seen_is_found_by_an_index(fixture: Fixture) {
    many(&fixture, 20_000).await;
    let sight = Sight {
        own: Ids::All,
        viewer: Viewer {
            user: "user3".into(),
            groups: vec!["team3".into()],
            cases: vec!["CASE-9".into()],
        },
        ..Sight::default()
    };
    let seen = |all: Vec<Condition>| Search {
        all,
        sight: Some(sight.clone()),
        limit: 10,
        ..everything()
    };
    let open = || is("state", word("open"));
    let of_instances = fixture.store.plan::<Instance>(&seen(Vec::new())).await;
    let of_tasks = fixture.store.plan::<Task>(&seen(vec![open()])).await;
    for plan in [of_instances.unwrap(), of_tasks.unwrap()] {
        for index in [
            "tasks_by_assignee",
            "tasks_closed_by_assignee",
            "tasks_by_closer",
        ] {
            let uses = |step: &String| step.contains(index);
            assert!(plan.iter().any(uses), "{index}: {plan:#?}");
        }
    }
}

/// Who sees few cases gets a page of these: what others see is not passed over.
async fn few_cases_are_looked_up_by_their_keys(fixture: Fixture) {
    many(&fixture, 20_000).await;
    let twelve = "insert into task_candidates (kind, candidate, assigned, due, task)
        select 'user', 'newcomer', assigned, due, task from task_candidates where candidate = 'team3' and due <= 4403";
    fixture.execute(twelve).await.unwrap();
    let offered = Sight {
        own: Ids::All,
        viewer: Viewer {
            user: "newcomer".into(),
            ..Viewer::default()
        },
        ..Sight::default()
    };
    let search = |all: Vec<Condition>, column| Search {
        all,
        sight: Some(offered.clone()),
        order: vec![By {
            column,
            descending: true,
        }],
        limit: 10,
        ..everything()
    };
    let open = || is("state", word("open"));
    for (all, order) in [
        (vec![], "key"),
        (vec![open()], "key"),
        (vec![open()], "due"),
    ] {
        let search = search(all, order);
        let found = fixture.store.search::<Task>(&search).await.unwrap();
        let newest = Key(Key::of_instance(4_403).0 + 3);
        assert_eq!((found.rows.len(), found.rows[0].key), (10, newest));
        let counted = fixture.store.search_count::<Task>(&search, found.chosen);
        assert_eq!(counted.await.unwrap(), 12);
        let plan = fixture.store.plan::<Task>(&search).await.unwrap();
        let looked_up = [
            "SEARCH t USING INDEX tasks_by_instance (instance=?)",
            "Index Scan using tasks_by_instance on tasks t ",
        ];
        let is_lookup = |step: &String| looked_up.iter().any(|words| step.contains(words));
        assert!(plan.iter().any(is_lookup), "{plan:#?}");
    }
}

/// A page far behind the first one is found where it begins: the rows before it are not looked at.
async fn a_cursor_enters_its_index_where_it_stands(fixture: Fixture) {
    many(&fixture, 20_000).await;
    let place = vec![
        Some(Operand::Number(9_000)),
        Some(Operand::Number(Key::of_instance(9_000).0 + 3)),
    ];
    let search = Search {
        all: vec![is("state", word("open"))],
        order: vec![By {
            column: "due",
            descending: false,
        }],
        part: Part::After(place),
        limit: 10,
        ..everything()
    };
    let found = fixture.store.search::<Task>(&search).await.unwrap();
    assert_eq!(found.rows[0].key, Key(Key::of_instance(9_001).0 + 3));
    let plan = fixture.store.plan::<Task>(&search).await.unwrap();
    let entered = ["tasks_by_due (due>?)", "Index Cond: (ROW(due, key) >"];
    let is_entered = |step: &String| entered.iter().any(|entered| step.contains(entered));
    assert!(plan.iter().any(is_entered), "{plan:#?}");
}

/// A page of a queue reads the tasks of the page, however many are in the queue.
async fn a_page_of_a_queue_is_cut_out_of_it(fixture: Fixture) {
    many(&fixture, 20_000).await;
    cuts_out_a_page(&fixture).await;
}

async fn a_page_is_cut_out_where_the_database_believes_that_nothing_is_open(fixture: Fixture) {
    many(&fixture, 20_000).await;
    for text in [
        "update tasks set state = 'completed'",
        "delete from task_candidates",
        "analyze",
        "update tasks set state = 'open'",
    ] {
        fixture.execute(text).await.unwrap();
    }
    let queues = |row: &&&str| row.contains("into task_candidates");
    let queues: Vec<&str> = MANY.iter().filter(queues).copied().collect();
    make(&fixture, &queues, 20_000).await;
    cuts_out_a_page(&fixture).await;
}

async fn cuts_out_a_page(fixture: &Fixture) {
    for (order, descending) in [("due", false), ("due", true), ("key", false)] {
        let search = Search {
            all: vec![
                is("state", word("open")),
                is("candidate_group", word("team3")),
            ],
            order: vec![By {
                column: order,
                descending,
            }],
            limit: 10,
            ..everything()
        };
        let found = fixture.store.search::<Task>(&search).await.unwrap();
        assert_eq!(found.rows.len(), 10);
        let plan = fixture.store.plan::<Task>(&search).await.unwrap();
        let queue = ["sqlite_autoindex", "task_candidates_pkey", "PRIMARY KEY"];
        let is_queue = |step: &String| queue.iter().any(|queue| step.contains(queue));
        assert!(plan.iter().any(is_queue), "{plan:#?}");
        // The tasks are looked up by key: SQLite has a number for each row, PostgreSQL an index.
        let is_lookup = |step: &String| {
            step.contains("SEARCH t USING INTEGER PRIMARY KEY")
                || (step.contains("Index Cond: (key = ") && step.ends_with("task)"))
        };
        assert!(plan.iter().any(is_lookup), "{plan:#?}");
    }
}

/// The database does not go through the table row by row.
async fn plan<T: search::Searched>(fixture: &Fixture, table: &str, search: &Search) {
    let plan = fixture.store.plan::<T>(search).await.unwrap();
    let walks = [
        format!("Seq Scan on {table} "),
        format!("SCAN {}", &table[..1]),
    ];
    let is_walk =
        |step: &String| walks.iter().any(|walk| step.contains(walk)) && !step.contains("USING");
    let asks_nothing = search.all.is_empty() && search.any.is_empty();
    assert!(
        asks_nothing || !plan.iter().any(is_walk),
        "{search:?}\n{plan:#?}"
    );
}

async fn what_has_no_index_is_refused_and_told_what_to_name(fixture: Fixture) {
    let refusal = async |all: Vec<Condition>, order: Vec<By>| {
        let search = Search {
            all,
            order,
            ..everything()
        };
        let found = fixture.store.search::<Task>(&search).await;
        found
            .map(|found| keys(&found.rows))
            .unwrap_err()
            .to_string()
    };
    let named = refusal(vec![is("element", word("do"))], vec![]).await;
    assert!(
        named.starts_with("tasks have no index for this search; name one of: key, instance"),
        "{named}"
    );
    let closed = refusal(vec![is("state", word("withdrawn"))], vec![]).await;
    assert!(
        closed.contains("candidate_user with state open"),
        "{closed}"
    );
    let by = vec![By {
        column: "name",
        descending: false,
    }];
    assert!(refusal(vec![], by).await.contains("no index"));
    let unknown = refusal(vec![is("colour", word("red"))], vec![]).await;
    assert_eq!(unknown, "tasks have no colour");

    many(&fixture, search::EXAMINED_MAX + 1).await;
    let open = || is("state", word("open"));
    let crowded = refusal(vec![open(), is("element", word("do"))], vec![]).await;
    let rule = "tasks: more than 100000 would have to be looked at by due, key; name one of these as well: instance";
    assert!(crowded.starts_with(rule), "{crowded}");
    let search = Search {
        all: vec![is("source", word("statute"))],
        ..everything()
    };
    let crowded = fixture.store.search::<Deadline>(&search).await.unwrap_err();
    let rule = "deadlines: more than 100000 would have to be looked at by due; \
                name one of these as well: key, instance, business_id, process_id, state";
    assert_eq!(crowded.to_string(), rule);
    // What an index answers as it stands has no limit.
    let search = Search {
        all: vec![open()],
        limit: 3,
        ..everything()
    };
    let found = fixture.store.search::<Task>(&search).await.unwrap();
    assert_eq!(found.rows.len(), 3);
}
