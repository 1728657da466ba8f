//! Messages, signals, start locks and the outbox.

use jiff::Timestamp;
use store::*;

use crate::support::{Fixture, hour};

crate::story! {
    a_message_finds_those_who_await_it_and_a_signal_all_of_them_page_by_page,
    a_message_is_kept_until_it_expires_and_its_id_comes_once,
    a_start_lock_is_held_by_one_instance_until_that_lets_go,
    a_claim_hides_an_effect_until_it_is_carried_out_or_put_off,
}

fn subscription(of: i64, ordinal: i64, name: &str, correlation: Option<&str>) -> Subscription {
    let instance = Key::of_instance(of);
    Subscription {
        key: Key(instance.0 + ordinal),
        instance,
        process_id: "work".into(),
        element: "reply".into(),
        element_instance: Key(instance.0 + 1),
        kind: match correlation {
            Some(_) => SubscriptionKind::Message,
            None => SubscriptionKind::Signal,
        },
        name: name.into(),
        correlation: correlation.map(str::to_owned),
        created_at: hour(0),
    }
}

fn with_subscriptions(rows: &[Subscription]) -> Batch {
    let mut batch = Batch::default();
    for row in rows {
        batch.subscriptions.insert(row.key, row.clone());
    }
    batch
}

fn awaited(row: &Subscription) -> Awaited {
    Awaited {
        kind: row.kind,
        name: row.name.clone(),
        correlation: row.correlation.clone(),
    }
}

async fn a_message_finds_those_who_await_it_and_a_signal_all_of_them_page_by_page(
    fixture: Fixture,
) {
    let reply = subscription(1, 2, "reply", Some("CASE-1"));
    let other = subscription(2, 2, "reply", Some("CASE-2"));
    let alarms: Vec<Subscription> = (3..8)
        .map(|of| subscription(of, 2, "alarm", None))
        .collect();
    let mut rows = vec![reply.clone(), other.clone()];
    rows.extend(alarms.clone());
    fixture.commit(with_subscriptions(&rows)).await.unwrap();

    let mut unit = fixture.store.begin().await.unwrap();
    let asked = [awaited(&reply), awaited(&alarms[0])];
    let found = unit.subscriptions(&asked, None, 2).await.unwrap();
    assert_eq!(found, [reply.clone(), alarms[0].clone(), alarms[1].clone()]);
    let after = Some(alarms[1].key);
    let rest = unit.subscriptions(&asked[1..], after, 9).await.unwrap();
    assert_eq!(rest, alarms[2..]);
    drop(unit);

    let of_instance = SubscriptionQuery {
        instance: Some(other.instance),
        ..SubscriptionQuery::default()
    };
    let store = &fixture.store;
    assert_eq!(store.subscriptions(&of_instance).await.unwrap(), [other]);
    let page = SubscriptionQuery {
        kind: Some(SubscriptionKind::Signal),
        process_id: Some("work".into()),
        after: Some(alarms[2].key),
        limit: 1,
        ..SubscriptionQuery::default()
    };
    assert_eq!(
        store.subscriptions(&page).await.unwrap(),
        [alarms[3].clone()]
    );

    // One that opens and is served in the same batch leaves no row.
    let brief = subscription(9, 2, "reply", Some("CASE-9"));
    let mut batch = with_subscriptions(std::slice::from_ref(&brief));
    batch.gone_subscriptions.extend([brief.key, reply.key]);
    fixture.commit(batch).await.unwrap();
    let messages = SubscriptionQuery {
        name: Some("reply".into()),
        ..SubscriptionQuery::default()
    };
    let left = store.subscriptions(&messages).await.unwrap();
    assert_eq!(
        left.iter().map(|row| row.key).collect::<Vec<_>>(),
        [rows[1].key]
    );
}

fn message(key: i64, correlation: &str, id: Option<&str>, expires_at: Timestamp) -> Message {
    Message {
        key: Key(key),
        name: "reply".into(),
        correlation: correlation.into(),
        message_id: id.map(str::to_owned),
        variables: r#"{"accepted":true}"#.into(),
        published_at: hour(0),
        expires_at,
    }
}

async fn a_message_is_kept_until_it_expires_and_its_id_comes_once(fixture: Fixture) {
    let store = &fixture.store;
    let rows = [
        message(11, "CASE-1", Some("m-1"), hour(2)),
        message(12, "CASE-1", None, hour(4)),
        message(13, "CASE-2", None, hour(3)),
    ];
    let mut batch = Batch {
        messages: rows.iter().map(|row| (row.key, row.clone())).collect(),
        ..Batch::default()
    };
    batch.message_uses.insert((Key(11), "work".into()));
    fixture.commit(batch).await.unwrap();

    let pair = |correlation: &str| ("reply".to_owned(), correlation.to_owned());
    let wanted = [pair("CASE-1"), pair("CASE-2"), pair("CASE-3")];
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.messages(&wanted, hour(1), 9).await.unwrap(), rows);
    assert_eq!(
        unit.messages(&wanted, hour(1), 1).await.unwrap(),
        [rows[0].clone(), rows[2].clone()]
    );
    assert_eq!(unit.messages(&wanted, hour(2), 1).await.unwrap(), rows[1..]);
    let id = ("reply".into(), "CASE-1".into(), "m-1".into());
    assert_eq!(unit.messages_by_id(&[id]).await.unwrap(), [rows[0].clone()]);
    assert_eq!(
        unit.message_uses(&[Key(11), Key(12)]).await.unwrap(),
        [(Key(11), "work".to_owned())]
    );
    drop(unit);
    assert_eq!(store.next_expiry().await.unwrap(), Some(hour(2)));
    assert_eq!(
        store.expired_messages(hour(3), 9).await.unwrap(),
        [Key(11), Key(13)]
    );

    let mut again = Batch::default();
    let repeated = message(14, "CASE-1", Some("m-1"), hour(9));
    again.messages.insert(repeated.key, repeated.clone());
    assert!(fixture.commit(again.clone()).await.is_err());
    // Once the first has gone, the id may come again, in the same batch as well.
    again.gone_messages.insert(Key(11));
    fixture.commit(again).await.unwrap();
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.message_uses(&[Key(11)]).await.unwrap(), []);
    assert_eq!(
        unit.messages(&wanted[..1], hour(1), 9).await.unwrap(),
        [rows[1].clone(), repeated]
    );
}

async fn a_start_lock_is_held_by_one_instance_until_that_lets_go(fixture: Fixture) {
    let pair = ("work".to_owned(), "CASE-1".to_owned());
    let hold = |instance: i64| {
        let mut batch = Batch::default();
        batch
            .start_locks
            .insert(pair.clone(), Key::of_instance(instance));
        batch
    };
    let holder = |instance: i64| StartLock {
        process_id: pair.0.clone(),
        correlation: pair.1.clone(),
        instance: Key::of_instance(instance),
    };
    fixture.commit(hold(1)).await.unwrap();
    assert!(fixture.commit(hold(2)).await.is_err());
    let mut unit = fixture.store.begin().await.unwrap();
    let wanted = [pair.clone(), ("work".to_owned(), "CASE-2".to_owned())];
    assert_eq!(unit.start_locks(&wanted).await.unwrap(), [holder(1)]);
    assert_eq!(
        unit.start_locks_of(&[Key::of_instance(1), Key::of_instance(2)])
            .await
            .unwrap(),
        [holder(1)]
    );
    drop(unit);
    let mut next = hold(2);
    next.gone_start_locks.insert(Key::of_instance(1));
    fixture.commit(next).await.unwrap();
    let mut unit = fixture.store.begin().await.unwrap();
    assert_eq!(unit.start_locks(&wanted).await.unwrap(), [holder(2)]);
}

async fn a_claim_hides_an_effect_until_it_is_carried_out_or_put_off(fixture: Fixture) {
    let store = &fixture.store;
    let row = |key: i64, available_at: Timestamp| OutboxRow {
        key: Key(key),
        kind: "broadcast".into(),
        instance: None,
        body: "{}".into(),
        available_at,
        token: 0,
        attempts: 0,
    };
    let mut batch = Batch::default();
    for effect in [row(1, hour(0)), row(2, hour(0)), row(3, hour(5))] {
        batch.outbox.insert(effect.key, effect);
    }
    fixture.commit(batch).await.unwrap();
    assert_eq!(store.next_outbox().await.unwrap(), Some(hour(0)));

    let keys = |rows: &[OutboxRow]| {
        rows.iter()
            .map(|row| (row.key.0, row.token))
            .collect::<Vec<_>>()
    };
    let mut unit = store.begin().await.unwrap();
    let claimed = unit.claim_outbox(1, hour(0), hour(2)).await.unwrap();
    assert_eq!(keys(&claimed), [(1, 1)]);
    let claimed = unit.claim_outbox(9, hour(0), hour(2)).await.unwrap();
    assert_eq!(keys(&claimed), [(2, 1)]);
    assert_eq!(unit.claim_outbox(9, hour(1), hour(2)).await.unwrap(), []);

    let mut done = Batch::default();
    done.gone_outbox.insert(Key(1));
    let put_off = OutboxRow {
        body: r#"{"after":7}"#.into(),
        ..row(2, hour(1))
    };
    done.outbox.insert(Key(2), put_off);
    unit.commit(done).await.unwrap();
    let claimed = unit.claim_outbox(9, hour(1), hour(2)).await.unwrap();
    assert_eq!(keys(&claimed), [(2, 3)]);
    assert_eq!(
        (claimed[0].body.as_str(), claimed[0].attempts),
        (r#"{"after":7}"#, 1)
    );
    // A claim that runs out can be claimed again, by another token.
    let claimed = unit.claim_outbox(9, hour(2), hour(4)).await.unwrap();
    assert_eq!(keys(&claimed), [(2, 4)]);
    assert_eq!(
        keys(&unit.outbox(&[Key(1), Key(2)]).await.unwrap()),
        [(2, 4)]
    );
}
