//! A whole installation goes from one database into the other and back.

use store::*;

use crate::support::{Fixture, group, hour, task, with_tasks};

async fn installation(fixture: &Fixture) {
    let mut batch = with_tasks(
        (1..=1_200)
            .map(|number| task(number, 2, &["all", "caf\u{e9}"], Some(hour(number))))
            .collect(),
        true,
    );
    for number in 0..3 {
        batch.audit.push(AuditRow {
            sequence: 0,
            at: hour(number),
            actor: "grace".into(),
            on_behalf_of: None,
            action: "read".into(),
            subject: "people/p-1".into(),
            detail: None,
            reason: Some("asked by phone".into()),
        });
    }
    batch.history.push(HistoryRow {
        instance: Key::of_instance(1),
        sequence: 1,
        at: hour(0),
        actor: "grace".into(),
        on_behalf_of: None,
        reason: None,
        command: "start".into(),
        records: "[]".into(),
        hash: [7; 32],
    });
    let document = Document {
        collection: "people".into(),
        id: "p-1".into(),
        revision: 1,
        body: serde_json::json!({ "name": "Ma\u{eb}lle" }),
        created_at: hour(0),
        updated_at: hour(0),
    };
    let fields = vec![("name".to_owned(), "Ma\u{eb}lle".to_owned())];
    let id = ("people".to_owned(), "p-1".to_owned());
    batch
        .documents
        .insert(id, DocumentWrite::Put { document, fields });
    let mut unit = fixture.store.begin().await.unwrap();
    unit.numbers("numbers", 7).await.unwrap();
    unit.commit(batch).await.unwrap();
}

#[tokio::test]
async fn an_installation_moves_to_postgresql_and_back_and_goes_on() {
    let from = Fixture::sqlite("move-from").await;
    let to = Fixture::postgres().await;
    let back = Fixture::sqlite("move-back").await;
    installation(&from).await;
    let there = from.store.copy_to(&to.store).await.unwrap();
    let rows = |name: &str| there.iter().find(|moved| moved.table == name).unwrap().rows;
    assert_eq!(
        (rows("tasks"), rows("task_candidates"), rows("audit")),
        (1_200, 2_400, 3)
    );
    assert_eq!(to.store.copy_to(&back.store).await.unwrap(), there);
    let full = from.store.copy_to(&back.store).await.unwrap_err();
    assert!(
        matches!(full, Error::NotEmpty { table: "sequences" }),
        "{full}"
    );
    for fixture in [&to, &back] {
        assert_eq!(
            fixture.store.task_count(&group("all")).await.unwrap(),
            1_200
        );
        let mut batch = Batch::default();
        batch.audit.push(AuditRow {
            sequence: 0,
            at: hour(9),
            actor: "daniel".into(),
            on_behalf_of: None,
            action: "read".into(),
            subject: "people/p-1".into(),
            detail: None,
            reason: None,
        });
        let mut unit = fixture.store.begin().await.unwrap();
        assert_eq!(unit.numbers("numbers", 1).await.unwrap(), 8..=8);
        unit.commit(batch).await.unwrap();
        let newest = fixture.store.audit(&AuditQuery::default()).await.unwrap();
        assert_eq!(newest[0].sequence, 4);
    }
}
