//! Events for webhooks: in order, one lane an instance, given up and tried again.

use store::*;

use crate::support::{Fixture, hour};

crate::story! {
    events_wait_in_their_lanes_in_order_until_they_are_delivered,
    who_has_lost_a_lane_writes_nothing,
    what_comes_while_a_lane_is_served_is_not_left_behind,
    a_dead_letter_is_found_and_waits_again_before_what_is_younger,
    what_a_webhook_was_to_be_told_goes_with_it,
}

fn event(webhook: &str, of: i64, sequence: i64, place: u32) -> Delivery {
    Delivery {
        webhook: webhook.into(),
        instance: Key::of_instance(of),
        position: Position { sequence, place },
        kind: "task.created".into(),
        event: format!("{{\"id\":\"{of}-{sequence}-{place}\"}}"),
        created_at: hour(0),
        died_at: None,
        attempts: 0,
        failure: None,
    }
}

fn batch(deliveries: Vec<Delivery>) -> Batch {
    Batch {
        deliveries,
        ..Batch::default()
    }
}

fn settled(lane: &Lane, delivered: &[&Delivery]) -> Settled {
    Settled {
        lane: lane.clone(),
        delivered: delivered.iter().map(|event| event.position).collect(),
        buried: None,
        available_at: hour(1),
        attempts: 0,
        failure: None,
    }
}

async fn claim(fixture: &Fixture, webhook: &str, at: i64) -> Vec<Lane> {
    let mut unit = fixture.store.begin().await.unwrap();
    unit.claim_lanes(webhook, 10, hour(at), hour(at + 1))
        .await
        .unwrap()
}

async fn settle(fixture: &Fixture, settled: &Settled) -> bool {
    let mut unit = fixture.store.begin().await.unwrap();
    unit.settle_lane(settled).await.unwrap()
}

async fn events_wait_in_their_lanes_in_order_until_they_are_delivered(fixture: Fixture) {
    let (first, second) = (event("w", 1, 2, 0), event("w", 1, 2, 1));
    let (third, other) = (event("w", 1, 11, 0), event("w", 2, 1, 0));
    let foreign = event("x", 1, 2, 0);
    let rows = vec![second.clone(), first.clone(), other.clone(), foreign];
    fixture.commit(batch(rows)).await.unwrap();
    fixture.commit(batch(vec![third.clone()])).await.unwrap();

    let store = &fixture.store;
    assert_eq!(store.next_delivery("w").await.unwrap(), Some(hour(0)));
    assert_eq!(store.waiting_deliveries("w").await.unwrap(), 4);
    let lanes = claim(&fixture, "w", 0).await;
    assert_eq!(lanes.len(), 2);
    assert!(claim(&fixture, "w", 0).await.is_empty());
    let lane = lanes.iter().find(|lane| lane.instance == first.instance);
    let lane = lane.unwrap();
    let waiting = store.events_of("w", lane.instance, 2).await.unwrap();
    assert_eq!(waiting, [first.clone(), second.clone()]);

    assert!(settle(&fixture, &settled(lane, &[&first, &second])).await);
    let left = store.events_of("w", lane.instance, 9).await.unwrap();
    assert_eq!(left, std::slice::from_ref(&third));
    let again = claim(&fixture, "w", 1).await;
    assert_eq!(again.len(), 2, "the lease of the other has run out");
    for lane in &again {
        let event = if lane.instance == third.instance {
            &third
        } else {
            &other
        };
        assert!(settle(&fixture, &settled(lane, &[event])).await);
    }
    assert_eq!(store.next_delivery("w").await.unwrap(), None);
    assert_eq!(store.waiting_deliveries("w").await.unwrap(), 0);
    assert_eq!(store.waiting_deliveries("x").await.unwrap(), 1);
}

async fn who_has_lost_a_lane_writes_nothing(fixture: Fixture) {
    let one = event("w", 1, 1, 0);
    fixture.commit(batch(vec![one.clone()])).await.unwrap();
    let lost = claim(&fixture, "w", 0).await.remove(0);
    let present = claim(&fixture, "w", 2).await.remove(0);
    let mut late = settled(&lost, &[&one]);
    assert!(!settle(&fixture, &late).await);
    late.delivered.clear();
    late.buried = Some(Buried {
        position: one.position,
        at: hour(2),
        attempts: 9,
        failure: "no answer".into(),
    });
    assert!(!settle(&fixture, &late).await);
    let left = fixture.store.events_of("w", one.instance, 9).await;
    assert_eq!(left.unwrap(), std::slice::from_ref(&one));
    assert!(settle(&fixture, &settled(&present, &[&one])).await);
}

async fn what_comes_while_a_lane_is_served_is_not_left_behind(fixture: Fixture) {
    let (one, two) = (event("w", 1, 1, 0), event("w", 1, 2, 0));
    fixture.commit(batch(vec![one.clone()])).await.unwrap();
    let lane = claim(&fixture, "w", 0).await.remove(0);
    fixture.commit(batch(vec![two.clone()])).await.unwrap();
    assert!(settle(&fixture, &settled(&lane, &[&one])).await);
    let lane = claim(&fixture, "w", 1).await.remove(0);
    assert!(settle(&fixture, &settled(&lane, &[&two])).await);
    assert_eq!(fixture.store.next_delivery("w").await.unwrap(), None);
}

async fn a_dead_letter_is_found_and_waits_again_before_what_is_younger(fixture: Fixture) {
    let (one, two) = (event("w", 1, 1, 0), event("w", 1, 2, 0));
    let rows = vec![one.clone(), two.clone()];
    fixture.commit(batch(rows)).await.unwrap();
    let lane = claim(&fixture, "w", 0).await.remove(0);
    let mut given_up = settled(&lane, &[]);
    given_up.buried = Some(Buried {
        position: one.position,
        at: hour(1),
        attempts: 16,
        failure: "HTTP 500".into(),
    });
    assert!(settle(&fixture, &given_up).await);
    let store = &fixture.store;
    let waiting = store.events_of("w", one.instance, 9).await.unwrap();
    assert_eq!(waiting, std::slice::from_ref(&two));

    let dead = store.dead_letters("w", 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].died_at, dead[0].attempts), (Some(hour(1)), 16));
    assert_eq!(dead[0].failure.as_deref(), Some("HTTP 500"));
    assert_eq!(store.dead_letter_count("w").await.unwrap(), 1);

    let mut unit = store.begin().await.unwrap();
    let letters = [(one.instance, one.position), (one.instance, two.position)];
    assert_eq!(unit.replay("w", &letters, hour(2)).await.unwrap(), 1);
    assert_eq!(unit.replay("w", &letters, hour(2)).await.unwrap(), 0);
    drop(unit);
    let waiting = store.events_of("w", one.instance, 9).await.unwrap();
    assert_eq!(waiting, [one.clone(), two.clone()]);

    // A lane that had gone comes back.
    let lane = claim(&fixture, "w", 2).await.remove(0);
    given_up.lane = lane;
    given_up.delivered = vec![two.position];
    assert!(settle(&fixture, &given_up).await);
    assert_eq!(store.next_delivery("w").await.unwrap(), None);
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.replay("w", &letters, hour(3)).await.unwrap(), 1);
    drop(unit);
    assert_eq!(store.next_delivery("w").await.unwrap(), Some(hour(3)));
}

async fn what_a_webhook_was_to_be_told_goes_with_it(fixture: Fixture) {
    let mut rows: Vec<Delivery> = (1..4).map(|of| event("w", of, 1, 0)).collect();
    rows.push(event("another", 1, 1, 0));
    let letter = (rows[0].instance, rows[0].position);
    fixture.commit(batch(rows)).await.unwrap();
    let lane = claim(&fixture, "w", 0).await;
    let lane = lane.iter().find(|lane| lane.instance == letter.0).unwrap();
    let mut given_up = settled(lane, &[]);
    given_up.buried = Some(Buried {
        position: letter.1,
        at: hour(1),
        attempts: 1,
        failure: "gone".into(),
    });
    assert!(settle(&fixture, &given_up).await);
    let mut unit = fixture.store.begin().await.unwrap();
    assert_eq!(unit.prune_dead_letters("w", hour(1), 9).await.unwrap(), 0);
    assert_eq!(unit.prune_dead_letters("w", hour(2), 9).await.unwrap(), 1);
    let told = fixture.store.told_webhooks().await.unwrap();
    assert_eq!(told, ["another", "w"]);
    assert_eq!(unit.forget_deliveries("w", 1).await.unwrap(), 1);
    assert_eq!(unit.forget_deliveries("w", 9).await.unwrap(), 1);
    drop(unit);
    assert_eq!(fixture.store.waiting_deliveries("w").await.unwrap(), 0);
    assert_eq!(fixture.store.next_delivery("w").await.unwrap(), None);
    assert_eq!(fixture.store.told_webhooks().await.unwrap(), ["another"]);
}
