//! History goes when its time is over, whole instances at a time, and not while somebody holds it; on both databases.

use crate::support::*;
use bpmn::Key;
use feel::Context;
use jiff::SignedDuration;
use runtime::verify::verify;
use runtime::{Act, AuditQuery, Clock, Error, Held, Options, Request, Resource, Runtime};
use servers::Postgres;
use store::{InstanceQuery, Store};

/// A server whose processes `work` and `caller` keep history for 30 days.
struct Office {
    runtime: Runtime,
    clock: Clock,
    address: String,
    _folder: Folder,
}

impl Office {
    async fn on(address: String, folder: Folder) -> Office {
        let clock = morning();
        let store = Store::open(&address).await.unwrap();
        let runtime = Runtime::open(store, clock.clone(), Options::default())
            .await
            .unwrap();
        let resources = ["work", "caller", "reminded"].map(kept_for_30_days).into();
        runtime
            .submit(Request::by("daniel").act(Act::Deploy { resources }))
            .await
            .unwrap();
        Office {
            runtime,
            clock,
            address,
            _folder: folder,
        }
    }

    async fn both() -> [Office; 2] {
        let folder = Folder::new();
        let server = Postgres::shared().unwrap().schema().unwrap();
        [
            Office::on(folder.address(), folder).await,
            Office::on(server, Folder::new()).await,
        ]
    }

    async fn wait(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
        self.runtime.wait_idle().await;
    }

    /// An instance that ends at once, of a case.
    async fn done(&self, case: &str) -> Key {
        let act = Act::Start {
            process_id: "work".into(),
            version: None,
            at: None,
            business_id: Some(case.into()),
            variables: Context::default(),
            calendar: None,
        };
        let answer = self.runtime.submit(Request::by("grace").act(act)).await;
        let instance = answer.unwrap().started().unwrap();
        self.finish(instance).await;
        instance
    }

    async fn finish(&self, instance: Key) {
        let task = only_task(&self.runtime, instance).await;
        let request = Request::by("grace").act(complete(&task, &[]));
        self.runtime.submit(request).await.unwrap();
    }

    async fn exists(&self, instance: Key) -> bool {
        let found = self.runtime.instance(instance).await.unwrap().is_some();
        assert_eq!(
            found,
            !self.runtime.history(instance).await.unwrap().is_empty(),
            "an instance goes with its history"
        );
        found
    }

    async fn delete(&self) -> u64 {
        let deleted = self.runtime.delete_expired().await.unwrap();
        let store = Store::snapshot(&self.address).await.unwrap();
        let found = verify(&store, |_| ()).await.unwrap();
        store.close().await;
        assert!(found.is_whole(), "{found:?}");
        deleted
    }
}

fn kept_for_30_days(name: &str) -> Resource {
    let resource = model(name);
    if name == "reminded" {
        return resource;
    }
    let (head, tail) = resource.text.split_once("<bpmn:startEvent").unwrap();
    let kept = r#"<bpmn:extensionElements><k:retention xmlns:k="https://caseway.org/schema/1.0" duration="P30D"/></bpmn:extensionElements>"#;
    Resource::new(resource.name, format!("{head}{kept}<bpmn:startEvent{tail}"))
}

#[tokio::test]
async fn history_goes_when_its_time_is_over_and_not_before() {
    for office in Office::both().await {
        let old = office.done("CP-1").await;
        let running = started(&office.runtime, "work").await;
        let unlimited = started(&office.runtime, "reminded").await;
        office.finish(unlimited).await;
        office.wait(20).await;
        let young = office.done("CP-1").await;
        assert_eq!(office.delete().await, 0);
        office.wait(11).await;
        assert_eq!(office.delete().await, 1);
        assert!(!office.exists(old).await);
        assert_eq!(tasks_of_any_state(&office.runtime, old).await, 0);
        for left in [running, unlimited, young] {
            assert!(office.exists(left).await, "{left}");
        }
        let query = AuditQuery {
            subject: Some(format!("process-instances/{old}")),
            ..AuditQuery::default()
        };
        let lines = office.runtime.audit(&query).await.unwrap();
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!((&*line.actor, &*line.action), ("retention", "delete"));
        assert!(line.reason.as_deref().unwrap().contains("30 days"));
        let detail = line.detail.as_deref().unwrap();
        assert!(
            detail.starts_with("work, 2 commands, the last with hash "),
            "{detail}"
        );
        // Deleted once, noted once.
        assert_eq!(office.delete().await, 0);
        office.finish(running).await;
        office.runtime.stop().await;
    }
}

async fn tasks_of_any_state(runtime: &Runtime, instance: Key) -> usize {
    let query = store::TaskQuery {
        instances: vec![instance],
        state: None,
        ..store::TaskQuery::default()
    };
    runtime.tasks(&query).await.unwrap().len()
}

#[tokio::test]
async fn what_is_held_stays_until_it_is_released() {
    for office in Office::both().await {
        let (one, two, three) = (
            office.done("CP-1").await,
            office.done("CP-2").await,
            office.done("CP-3").await,
        );
        let held = [Held::Instance(one), Held::Case("CP-2".into())];
        for held in &held {
            let request = Request::by("ruth").because("a court has asked for it");
            office.runtime.hold(request, held).await.unwrap();
        }
        office.wait(31).await;
        assert_eq!(office.delete().await, 1);
        assert!(office.exists(one).await && office.exists(two).await);
        assert!(!office.exists(three).await);
        let query = AuditQuery {
            subject: Some("cases/CP-2".into()),
            ..AuditQuery::default()
        };
        let lines = office.runtime.audit(&query).await.unwrap();
        assert_eq!(lines[0].action, "hold");
        assert_eq!(lines[0].reason.as_deref(), Some("a court has asked for it"));
        let late = office
            .runtime
            .hold(
                Request::by("ruth").because("too late"),
                &Held::Instance(three),
            )
            .await;
        assert!(
            matches!(late, Err(Error::NoSuchInstance(key)) if key == three),
            "{late:?}"
        );
        for held in &held {
            let request = Request::by("ruth").because("the court has decided");
            office.runtime.release(request, held).await.unwrap();
        }
        assert_eq!(office.delete().await, 2);
        office.runtime.stop().await;
    }
}

#[tokio::test]
async fn a_called_instance_stays_as_long_as_its_caller() {
    for office in Office::both().await {
        let caller = started(&office.runtime, "caller").await;
        let query = InstanceQuery {
            parent: Some(caller),
            ..InstanceQuery::default()
        };
        let called = office.runtime.instances(&query).await.unwrap()[0].key;
        office.finish(called).await;
        office.wait(31).await;
        let request = Request::by("ruth").because("asked for");
        office
            .runtime
            .hold(request, &Held::Instance(called))
            .await
            .unwrap();
        assert_eq!(office.delete().await, 0);
        let request = Request::by("ruth").because("done");
        office
            .runtime
            .release(request, &Held::Instance(called))
            .await
            .unwrap();
        assert_eq!(office.delete().await, 2);
        assert!(!office.exists(caller).await && !office.exists(called).await);
        office.runtime.stop().await;
    }
}

#[tokio::test]
async fn many_instances_go_in_small_groups_while_others_work() {
    for office in Office::both().await {
        for _ in 0..120 {
            office.done("CP-1").await;
        }
        office.wait(31).await;
        let (deleted, fresh) = tokio::join!(office.runtime.delete_expired(), async {
            let mut fresh = Vec::new();
            for _ in 0..10 {
                fresh.push(office.done("CP-2").await);
            }
            fresh
        });
        assert_eq!(deleted.unwrap(), 120);
        assert_eq!(office.delete().await, 0);
        for instance in fresh {
            assert!(office.exists(instance).await);
        }
        office.runtime.stop().await;
    }
}
