use crate::world::World;
use jiff::Timestamp;
use processes::{Urgency, cases, demo};
use runtime::Clock;
use store::{InstanceQuery, TaskQuery};

/// The demonstration must work on every day of the year: on a Sunday, after Easter, early in the morning.
async fn lived_through(now: &str) -> (World, Vec<demo::Draft>, Timestamp) {
    let now: Timestamp = now.parse().unwrap();
    let clock = Clock::test(demo::beginning(now));
    let world = World::with_clock(clock.clone()).await;
    let drafts = demo::seed(&world.runtime, &clock, &world.calendar, now)
        .await
        .unwrap();
    assert_eq!(world.runtime.now(), now);
    (world, drafts, now)
}

async fn check(now: &str) {
    let (world, drafts, now) = lived_through(now).await;
    let cases = cases::latest(&world.runtime, 100).await.unwrap();
    assert_eq!(cases.len(), 14);
    let tasks = world.runtime.tasks(&TaskQuery::default()).await.unwrap();
    let open = |name: &str| tasks.iter().filter(|task| task.name == name).count();
    let urgencies: Vec<Urgency> = tasks
        .iter()
        .map(|task| Urgency::of(task.due, now, &world.calendar))
        .collect();
    let overdue = urgencies
        .iter()
        .filter(|urgency| matches!(urgency, Urgency::Overdue(_)))
        .count();
    assert!(overdue >= 3, "{overdue} tasks are overdue: {tasks:#?}");
    assert!(overdue < tasks.len(), "everything is overdue");
    for escalated in ["Overdue: see the child", "Overdue: make the case plan"] {
        assert_eq!(open(escalated), 1, "{escalated}");
    }
    for step in [
        "Screen the risk",
        "Approve the case plan",
        "Approve the closure",
        "Review the case",
    ] {
        assert_eq!(open(step), 1, "{step}");
    }
    assert_eq!(drafts.len(), 3, "{drafts:?}");
    for draft in &drafts {
        assert!(
            tasks.iter().any(|task| task.key == draft.task),
            "{draft:?} is for a closed task"
        );
    }
    let instances = world
        .runtime
        .instances(&InstanceQuery::default())
        .await
        .unwrap();
    let ended = instances
        .iter()
        .filter(|instance| instance.ended_at.is_some())
        .count();
    assert_eq!(ended, 2, "one closed, one referred elsewhere");
    let incidents = world.runtime.incidents(&Default::default()).await.unwrap();
    assert!(incidents.is_empty(), "{incidents:#?}");
}

#[tokio::test]
async fn the_demonstration_holds_on_a_working_day() {
    check("2026-11-18T10:30+03:00").await;
}

#[tokio::test]
async fn the_demonstration_holds_early_on_a_sunday() {
    check("2026-11-22T05:10+03:00").await;
}

#[tokio::test]
async fn the_demonstration_holds_after_easter_and_christmas() {
    check("2027-04-01T23:00+03:00").await;
    check("2027-01-04T08:00+03:00").await;
}

#[tokio::test]
async fn the_demonstration_holds_in_years_without_known_holidays() {
    check("2031-07-08T14:00+03:00").await;
}
