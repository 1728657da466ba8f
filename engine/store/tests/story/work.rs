//! Instances, tasks and their queues, leases of jobs.

use store::*;

use crate::support::{Fixture, group, hour, instance, names, task, with_tasks};

crate::story! {
    what_was_written_is_read_back_whole,
    a_batch_of_any_size_is_written_whole,
    a_batch_that_fails_leaves_nothing_behind,
    a_queue_lists_what_is_due_first_and_each_task_once,
    a_claimed_task_leaves_the_free_part_of_the_queue_and_a_closed_one_leaves_it_all,
    a_task_that_opens_and_closes_in_one_batch_is_only_history,
    a_lease_hides_a_job_and_its_token_tells_the_holders_apart,
    history_and_audit_cannot_be_changed,
    what_decisions_answered_is_found_by_decision_task_and_time,
}

async fn what_was_written_is_read_back_whole(fixture: Fixture) {
    let wanted = task(7, 2, &["helpline", "caseworkers"], Some(hour(5)));
    let mut batch = with_tasks(vec![wanted.clone()], true);
    let timer = Timer {
        key: Key(99),
        instance: wanted.instance,
        element: "late".into(),
        due: hour(3),
        repeat: Some(r#"{"every":"P1D"}"#.into()),
    };
    batch.timers.insert(timer.key, timer.clone());
    fixture.commit(batch).await.unwrap();
    let store = &fixture.store;
    assert_eq!(store.task(wanted.key).await.unwrap(), Some(wanted.clone()));
    assert_eq!(
        store.instance(wanted.instance).await.unwrap(),
        Some(instance(7))
    );
    assert_eq!(store.next_due().await.unwrap(), Some(hour(3)));
    assert_eq!(store.due_timers(hour(2), 10).await.unwrap(), []);
    assert_eq!(store.due_timers(hour(3), 10).await.unwrap(), [timer]);
    let mut unit = store.begin().await.unwrap();
    assert_eq!(
        unit.instances(&[Key::of_instance(8), wanted.instance])
            .await
            .unwrap(),
        [instance(7)]
    );
}

async fn a_batch_of_any_size_is_written_whole(fixture: Fixture) {
    let mut written = 0;
    for size in [1, 2, 3, 5, 7, 15, 17, 63, 64, 65, 200] {
        let tasks = (0..size)
            .map(|n| task(1000 + written + n, 2, &["all"], Some(hour(n))))
            .collect();
        fixture.commit(with_tasks(tasks, true)).await.unwrap();
        written += size;
        assert_eq!(
            fixture.store.task_count(&group("all")).await.unwrap(),
            written as u64
        );
    }
    let query = InstanceQuery {
        limit: MAX_LIMIT,
        ..InstanceQuery::default()
    };
    assert_eq!(
        fixture.store.instances(&query).await.unwrap().len(),
        written as usize
    );
}

async fn a_batch_that_fails_leaves_nothing_behind(fixture: Fixture) {
    for filler in [0, 40] {
        let mut batch = with_tasks(
            (0..=filler)
                .map(|n| task(20 + n, 2, &["all"], None))
                .collect(),
            true,
        );
        let row = HistoryRow {
            instance: Key::of_instance(20),
            sequence: 1,
            at: hour(0),
            actor: "grace".into(),
            on_behalf_of: None,
            reason: None,
            command: "start".into(),
            records: "[]".into(),
            hash: START,
        };
        // The same number twice is what the database must refuse.
        batch.history = vec![row.clone(), row];
        assert!(fixture.commit(batch).await.is_err());
        assert_eq!(fixture.store.task_count(&group("all")).await.unwrap(), 0);
    }
    fixture
        .commit(with_tasks(vec![task(20, 2, &["all"], None)], true))
        .await
        .unwrap();
    assert_eq!(fixture.store.task_count(&group("all")).await.unwrap(), 1);
}

async fn a_queue_lists_what_is_due_first_and_each_task_once(fixture: Fixture) {
    let tasks = vec![
        task(1, 2, &["helpline"], Some(hour(9))),
        task(2, 2, &["caseworkers", "helpline"], Some(hour(3))),
        task(3, 2, &["caseworkers"], None),
        task(4, 2, &["supervisors"], Some(hour(1))),
    ];
    fixture.commit(with_tasks(tasks, true)).await.unwrap();
    let store = &fixture.store;
    let both = TaskQuery {
        candidate_groups: vec!["helpline".into(), "caseworkers".into()],
        ..TaskQuery::default()
    };
    assert_eq!(
        names(&store.tasks(&both).await.unwrap()),
        ["Task 2.2", "Task 1.2", "Task 3.2"]
    );
    assert_eq!(store.task_count(&both).await.unwrap(), 3);
    let first = TaskQuery {
        limit: 1,
        ..both.clone()
    };
    let page = store.tasks(&first).await.unwrap();
    assert_eq!(names(&page), ["Task 2.2"]);
    let next = TaskQuery {
        after: Some((page[0].due, page[0].key)),
        limit: 2,
        ..both.clone()
    };
    assert_eq!(
        names(&store.tasks(&next).await.unwrap()),
        ["Task 1.2", "Task 3.2"]
    );
    let offset = TaskQuery {
        offset: 1,
        limit: 1,
        ..both.clone()
    };
    assert_eq!(names(&store.tasks(&offset).await.unwrap()), ["Task 1.2"]);
    let in_order = |order, groups: &[&str]| TaskQuery {
        order,
        limit: 2,
        candidate_groups: groups.iter().map(|group| (*group).into()).collect(),
        ..TaskQuery::default()
    };
    let groups = ["helpline", "caseworkers"];
    for (query, expected) in [
        (
            in_order(TaskOrder::Created, &groups),
            ["Task 1.2", "Task 2.2"],
        ),
        (
            in_order(TaskOrder::Newest, &groups),
            ["Task 3.2", "Task 2.2"],
        ),
        (
            in_order(TaskOrder::Created, &groups[..1]),
            ["Task 1.2", "Task 2.2"],
        ),
        (
            in_order(TaskOrder::Due, &groups[..1]),
            ["Task 2.2", "Task 1.2"],
        ),
    ] {
        let page = store.tasks(&query).await.unwrap();
        assert_eq!(names(&page), expected, "{query:?}");
    }
    let overdue = TaskQuery {
        due_before: Some(hour(4)),
        ..both.clone()
    };
    assert_eq!(names(&store.tasks(&overdue).await.unwrap()), ["Task 2.2"]);
    let text = TaskQuery {
        text: Some("case-3".into()),
        limit: 1,
        ..both
    };
    assert_eq!(names(&store.tasks(&text).await.unwrap()), ["Task 3.2"]);
}

async fn a_claimed_task_leaves_the_free_part_of_the_queue_and_a_closed_one_leaves_it_all(
    fixture: Fixture,
) {
    let store = &fixture.store;
    fixture
        .commit(with_tasks(
            vec![
                task(1, 2, &["helpline"], None),
                task(2, 2, &["helpline"], None),
            ],
            true,
        ))
        .await
        .unwrap();
    let claimed = Task {
        assignee: Some("grace".into()),
        ..task(1, 2, &["helpline"], None)
    };
    fixture
        .commit(with_tasks(vec![claimed.clone()], false))
        .await
        .unwrap();
    let free = TaskQuery {
        unassigned: Some(true),
        ..group("helpline")
    };
    let taken = TaskQuery {
        unassigned: Some(false),
        ..group("helpline")
    };
    let mine = TaskQuery {
        assignee: Some("grace".into()),
        ..TaskQuery::default()
    };
    assert_eq!(names(&store.tasks(&free).await.unwrap()), ["Task 2.2"]);
    assert_eq!(names(&store.tasks(&taken).await.unwrap()), ["Task 1.2"]);
    assert_eq!(names(&store.tasks(&mine).await.unwrap()), ["Task 1.2"]);
    assert_eq!(store.task_count(&group("helpline")).await.unwrap(), 2);

    let mut batch = Batch::default();
    let closed = Closed {
        state: TaskState::Completed,
        at: hour(2),
        by: Some("grace".into()),
    };
    batch.closed_tasks.insert(claimed.key, closed);
    fixture.commit(batch).await.unwrap();
    assert_eq!(
        names(&store.tasks(&group("helpline")).await.unwrap()),
        ["Task 2.2"]
    );
    assert_eq!(store.tasks(&mine).await.unwrap(), []);
    let done = store.task(claimed.key).await.unwrap().unwrap();
    assert_eq!(
        (done.state, done.closed_at, done.closed_by),
        (TaskState::Completed, Some(hour(2)), Some("grace".into()))
    );
    let closed = TaskQuery {
        state: Some(TaskState::Completed),
        ..group("helpline")
    };
    assert_eq!(names(&store.tasks(&closed).await.unwrap()), ["Task 1.2"]);
}

async fn a_task_that_opens_and_closes_in_one_batch_is_only_history(fixture: Fixture) {
    let brief = task(1, 2, &["helpline"], None);
    let mut batch = with_tasks(vec![brief.clone()], true);
    batch.closed_tasks.insert(
        brief.key,
        Closed {
            state: TaskState::Withdrawn,
            at: hour(0),
            by: None,
        },
    );
    fixture.commit(batch).await.unwrap();
    assert_eq!(
        fixture.store.task_count(&group("helpline")).await.unwrap(),
        0
    );
    assert_eq!(
        fixture.store.task(brief.key).await.unwrap().unwrap().state,
        TaskState::Withdrawn
    );
}

async fn a_lease_hides_a_job_and_its_token_tells_the_holders_apart(fixture: Fixture) {
    let mut batch = Batch::default();
    let write = InstanceWrite {
        instance: instance(1),
        before: 0,
        stays: false,
    };
    batch.instances.insert(Key::of_instance(1), write);
    for ordinal in 2..5 {
        let key = Key(Key::of_instance(1).0 + ordinal);
        let job = Job {
            key,
            instance: Key::of_instance(1),
            element: "send".into(),
            element_instance: Key(key.0 - 1),
            kind: "mail".into(),
            retries: 3,
            available_at: hour(0),
            token: 0,
            worker: None,
            created_at: hour(0),
            hidden: false,
        };
        batch.jobs.insert(key, job);
    }
    fixture.commit(batch).await.unwrap();
    let mut unit = fixture.store.begin().await.unwrap();
    let first = unit
        .lease_jobs("mail", "a", 2, hour(0), hour(1))
        .await
        .unwrap();
    assert_eq!(
        first
            .iter()
            .map(|job| (job.key.ordinal(), job.token))
            .collect::<Vec<_>>(),
        [(2, 1), (3, 1)]
    );
    let rest = unit
        .lease_jobs("mail", "b", 9, hour(0), hour(1))
        .await
        .unwrap();
    assert_eq!(
        rest.iter().map(|job| job.key.ordinal()).collect::<Vec<_>>(),
        [4]
    );
    assert_eq!(
        unit.lease_jobs("mail", "b", 9, hour(0), hour(1))
            .await
            .unwrap(),
        []
    );
    let again = unit
        .lease_jobs("mail", "c", 1, hour(1), hour(2))
        .await
        .unwrap();
    assert_eq!(
        (
            again[0].key.ordinal(),
            again[0].token,
            again[0].worker.as_deref()
        ),
        (2, 2, Some("c"))
    );
}

async fn history_and_audit_cannot_be_changed(fixture: Fixture) {
    let mut batch = with_tasks(vec![task(1, 2, &["all"], None)], true);
    batch.audit.push(AuditRow {
        sequence: 0,
        at: hour(0),
        actor: "grace".into(),
        on_behalf_of: None,
        action: "read".into(),
        subject: "people/p-1".into(),
        detail: None,
        reason: None,
    });
    batch.history.push(HistoryRow {
        instance: Key::of_instance(1),
        sequence: 1,
        at: hour(0),
        actor: "grace".into(),
        on_behalf_of: None,
        reason: None,
        command: "start".into(),
        records: "[]".into(),
        hash: START,
    });
    fixture.commit(batch).await.unwrap();
    for text in [
        "update audit set actor = 'x'",
        "delete from audit",
        "update history set actor = 'x'",
        "delete from history",
    ] {
        let error = fixture.execute(text).await.unwrap_err();
        assert!(error.contains("append-only"), "{text}: {error}");
    }
}

async fn what_decisions_answered_is_found_by_decision_task_and_time(fixture: Fixture) {
    let answered = |key: i64, part: u32, decision: &str, at: i64| DecisionInstance {
        key: Key(key),
        part,
        decision_id: decision.into(),
        name: decision.to_uppercase(),
        definition: Key(70),
        version: 2,
        root: Key(71),
        asked_by: (key > 100).then(|| AskedBy {
            instance: Key::of_instance(7),
            process_id: "child_protection".into(),
            process: Key(60),
            element: "suggest".into(),
            element_instance: Key(key - 1),
        }),
        actor: "grace".into(),
        at: hour(at),
        failure: (part == 3).then(|| "two rules match".into()),
        warnings: u32::from(part == 2),
        account: "{}".into(),
    };
    let rows = vec![
        answered(50, 1, "risk", 1),
        answered(150, 1, "points", 2),
        answered(150, 2, "risk", 2),
        answered(160, 3, "risk", 3),
    ];
    let batch = Batch {
        decisions: rows.clone(),
        ..Batch::default()
    };
    fixture.commit(batch).await.unwrap();
    let store = &fixture.store;
    let all = DecisionQuery {
        oldest_first: true,
        ..DecisionQuery::default()
    };
    assert_eq!(store.decision_instances(&all).await.unwrap(), rows);
    let found = async |query: DecisionQuery| {
        let found = store.decision_instances(&query).await.unwrap();
        let count = store.decision_instance_count(&query).await.unwrap();
        assert_eq!(count, found.len() as u64, "{query:?}");
        found
            .iter()
            .map(|row| (row.key.0, row.part))
            .collect::<Vec<_>>()
    };
    let any = DecisionQuery::default;
    let risk = DecisionQuery {
        decision_id: Some("risk".into()),
        ..any()
    };
    assert_eq!(found(risk.clone()).await, [(160, 3), (150, 2), (50, 1)]);
    let of_instance = DecisionQuery {
        instances: vec![Key::of_instance(7)],
        element: Some("suggest".into()),
        failed: Some(false),
        ..any()
    };
    assert_eq!(found(of_instance).await, [(150, 2), (150, 1)]);
    let between = DecisionQuery {
        from: Some(hour(1)),
        before: Some(hour(3)),
        ..risk
    };
    assert_eq!(found(between).await, [(150, 2), (50, 1)]);
    let warned = DecisionQuery {
        warned: true,
        ..any()
    };
    assert_eq!(found(warned).await, [(150, 2)]);
    let one = DecisionQuery {
        key: Some(Key(150)),
        part: Some(1),
        element_instance: Some(Key(149)),
        ..any()
    };
    assert_eq!(found(one).await, [(150, 1)]);
}
