//! Pages of instances and incidents, and what is deployed, by key.

use store::*;

use crate::support::{Fixture, hour, task, with_tasks};

crate::story! {
    instances_come_in_pages_either_way,
    what_was_called_before_roots_were_kept_has_its_root,
    what_stood_still_before_that_was_kept_stands_still,
    incidents_come_in_pages_by_time,
    what_is_deployed_is_found_by_key_with_the_name_of_its_file,
}

async fn what_was_called_before_roots_were_kept_has_its_root(fixture: Fixture) {
    let tasks = (1..=5).map(|n| task(n, 2, &["all"], None)).collect();
    let mut batch = with_tasks(tasks, true);
    // 1 called 2, which called 3; 4 is what is left of what 9 called.
    for (called, caller) in [(2, 1), (3, 2), (4, 9)] {
        let write = batch.instances.get_mut(&Key::of_instance(called)).unwrap();
        write.instance.parent_instance = Some(Key::of_instance(caller));
    }
    fixture.commit(batch).await.unwrap();
    let keys: Vec<Key> = (1..=5).map(Key::of_instance).collect();
    assert_eq!(fixture.store.roots(&keys).await.unwrap(), []);
    let migration = if fixture.store.is_shared() {
        include_str!("../../migrations/postgres/0015_roots.sql")
    } else {
        include_str!("../../migrations/sqlite/0015_roots.sql")
    };
    fill(&fixture, migration).await;
    let mut roots = fixture.store.roots(&keys).await.unwrap();
    roots.sort();
    let numbers: Vec<(i64, i64)> = roots
        .iter()
        .map(|(key, root)| (key.instance_number(), root.instance_number()))
        .collect();
    assert_eq!(numbers, [(2, 1), (3, 1), (4, 9)]);
}

/// Carries out what a migration does after it has added its column.
async fn fill(fixture: &Fixture, migration: &str) {
    let (_, rest) = migration.split_once("add column").unwrap();
    let mut statements = rest.split(';').skip(1);
    let fill = statements.find(|text| text.contains("update")).unwrap();
    fixture.execute(fill).await.unwrap();
}

async fn what_stood_still_before_that_was_kept_stands_still(fixture: Fixture) {
    let tasks = (1..=3).map(|n| task(n, 2, &["all"], None)).collect();
    fixture.commit(with_tasks(tasks, true)).await.unwrap();
    let hash = if fixture.store.is_shared() {
        "'\\x00'::bytea"
    } else {
        "x'00'"
    };
    let commands = [
        (1, vec!["start", "suspend", "resume"]),
        (
            2,
            vec!["start", "suspend", "resume", "suspend", "assignTask"],
        ),
        (3, vec!["start"]),
    ];
    for (of, commands) in commands {
        for (sequence, command) in (1..).zip(commands) {
            let (key, at) = (Key::of_instance(of).0, hour(sequence).as_microsecond());
            let row = format!("{key}, {sequence}, {at}, 'ruth', '{command}', {hash}, {hash}");
            let head =
                "insert into history (instance, sequence, at, actor, command, records, hash)";
            let insert = format!("{head} values ({row})");
            fixture.execute(insert).await.unwrap();
        }
    }
    let migration = if fixture.store.is_shared() {
        include_str!("../../migrations/postgres/0016_suspended.sql")
    } else {
        include_str!("../../migrations/sqlite/0016_suspended.sql")
    };
    fill(&fixture, migration).await;
    let found = fixture.store.instances(&InstanceQuery::default()).await;
    let since = found.unwrap().into_iter().map(|row| row.suspended_at);
    assert_eq!(since.collect::<Vec<_>>(), [None, Some(hour(4)), None]);
}

async fn instances_come_in_pages_either_way(fixture: Fixture) {
    let tasks = (1..=5).map(|n| task(n, 2, &["all"], None)).collect();
    fixture.commit(with_tasks(tasks, true)).await.unwrap();
    let found = async |oldest_first, offset, limit| {
        let query = InstanceQuery {
            oldest_first,
            offset,
            limit,
            ..InstanceQuery::default()
        };
        let page = fixture.store.instances(&query).await.unwrap();
        page.iter()
            .map(|row| row.key.instance_number())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(true, 0, 2).await, [1, 2]);
    assert_eq!(found(true, 4, 2).await, [5]);
    assert_eq!(found(false, 1, 2).await, [4, 3]);
    assert_eq!(found(false, 9, 2).await, [0; 0]);
}

async fn incidents_come_in_pages_by_time(fixture: Fixture) {
    let mut batch = Batch::default();
    // The later an incident, the smaller its key, so that no order stands for the other.
    for number in 1..=4 {
        let instance = Key::of_instance(10 - number);
        let incident = Incident {
            key: Key(instance.0 + 3),
            instance,
            element: "tell".into(),
            element_instance: Key(instance.0 + 2),
            kind: "job".into(),
            message: "the line is dead".into(),
            raised_at: hour(number),
            resolved_at: None,
        };
        batch.incidents.insert(incident.key, incident);
    }
    fixture.commit(batch).await.unwrap();
    let resolved = Key(Key::of_instance(8).0 + 3);
    let mut batch = Batch::default();
    batch.resolved_incidents.insert(resolved, hour(9));
    fixture.commit(batch).await.unwrap();

    let store = &fixture.store;
    let found = async |query: IncidentQuery| {
        let page = store.incidents(&query).await.unwrap();
        page.iter()
            .map(|row| row.instance.instance_number())
            .collect::<Vec<_>>()
    };
    let open = IncidentQuery::default;
    let all = || IncidentQuery {
        resolved: true,
        ..open()
    };
    assert_eq!(found(open()).await, [9, 7, 6]);
    let newest = IncidentQuery {
        newest_first: true,
        limit: 2,
        ..open()
    };
    assert_eq!(found(newest).await, [6, 7]);
    let second = IncidentQuery {
        offset: 1,
        limit: 1,
        ..open()
    };
    assert_eq!(found(second).await, [7]);
    assert_eq!(found(all()).await, [6, 7, 8, 9]);
    let backwards = IncidentQuery {
        newest_first: true,
        ..all()
    };
    assert_eq!(found(backwards).await, [9, 8, 7, 6]);
    let of_one = IncidentQuery {
        instance: Some(Key::of_instance(8)),
        ..all()
    };
    assert_eq!(found(of_one).await, [8]);

    let one = store.incident(resolved).await.unwrap().unwrap();
    assert_eq!((one.key, one.resolved_at), (resolved, Some(hour(9))));
    assert_eq!(store.incident(Key(1)).await.unwrap(), None);
}

async fn what_is_deployed_is_found_by_key_with_the_name_of_its_file(fixture: Fixture) {
    let mut batch = Batch::default();
    batch.deployments.push(Deployment {
        key: Key(1),
        at: hour(0),
        actor: "daniel".into(),
    });
    for (number, name) in [(2, "visit.bpmn"), (3, "call.bpmn")] {
        batch.resources.push(StoredResource {
            key: Key(number),
            deployment: Key(1),
            name: name.into(),
            sha256: START,
            text: "<definitions/>".into(),
        });
        batch.definitions.push(Definition {
            key: Key(number + 10),
            kind: DefinitionKind::Process,
            id: name.into(),
            version: 1,
            name: None,
            version_tag: None,
            resource: Key(number),
            deployed_at: hour(0),
            withdrawn_at: None,
        });
    }
    fixture.commit(batch).await.unwrap();
    let store = &fixture.store;
    let of = |key| DefinitionQuery {
        key: Some(key),
        ..DefinitionQuery::default()
    };
    let found = store.definitions(&of(Key(13))).await.unwrap();
    assert_eq!((found.len(), found[0].id.as_str()), (1, "call.bpmn"));
    assert_eq!(store.definitions(&of(Key(14))).await.unwrap(), []);
    let names = store.resource_names(&[Key(2), Key(3), Key(4)]).await;
    let expected = [
        (Key(2), "visit.bpmn".to_owned()),
        (Key(3), "call.bpmn".to_owned()),
    ];
    assert_eq!(names.unwrap(), expected.into());
    assert_eq!(store.resource_names(&[]).await.unwrap(), [].into());
}
