//! Jobs: leased to one worker at a time, done with the token of the lease.

use crate::support::*;
use bpmn::{Command, Key, Status};
use feel::{Context, Value};
use jiff::SignedDuration;
use runtime::{Act, ActivatedJob, Clock, Error, Options, Request, Runtime};
use servers::Postgres;
use store::{IncidentQuery, Store};

const MINUTE_MS: u32 = 60_000;

async fn lease(runtime: &Runtime, worker: &str) -> Vec<ActivatedJob> {
    runtime
        .activate_jobs("mail", worker, 10, MINUTE_MS)
        .await
        .unwrap()
}

fn complete_job(job: &ActivatedJob) -> Act {
    let command = Command::CompleteJob {
        job: job.key,
        variables: Context::default(),
    };
    Act::WorkerCommand {
        instance: job.instance,
        job: job.key,
        token: job.token,
        command,
    }
}

fn fail_job(job: &ActivatedJob, retries: u32) -> Act {
    let command = Command::FailJob {
        job: job.key,
        retries,
        message: "no connection".into(),
    };
    Act::WorkerCommand {
        instance: job.instance,
        job: job.key,
        token: job.token,
        command,
    }
}

async fn sending(runtime: &Runtime) -> Key {
    let variables: Context = [("to".to_owned(), Value::from("grace"))]
        .into_iter()
        .collect();
    let start = Act::Start {
        process_id: "mail".into(),
        version: None,
        at: None,
        business_id: None,
        variables,
        calendar: None,
    };
    runtime
        .submit(Request::by("grace").act(start))
        .await
        .unwrap()
        .started()
        .unwrap()
}

#[tokio::test]
async fn a_worker_gets_a_job_with_its_variables_and_headers_and_completes_it() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    deploy(&runtime, &["mail"]).await.unwrap();
    let instance = sending(&runtime).await;
    let jobs = lease(&runtime, "a").await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].variables.get("to"), Some(&Value::from("grace")));
    assert_eq!(jobs[0].headers["template"], "welcome");
    assert_eq!(
        (jobs[0].retries, jobs[0].leased_until),
        (2, at("2026-03-02T09:01:00Z"))
    );
    assert_eq!(lease(&runtime, "b").await, []);
    runtime
        .submit(Request::by("a").act(complete_job(&jobs[0])))
        .await
        .unwrap();
    assert_eq!(
        runtime.instance(instance).await.unwrap().unwrap().status,
        Status::Completed
    );
    assert_eq!(runtime.jobs(instance).await.unwrap(), []);
    runtime.stop().await;
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_is_refused() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    deploy(&runtime, &["mail"]).await.unwrap();
    sending(&runtime).await;
    let slow = lease(&runtime, "slow").await;
    clock.advance(SignedDuration::from_mins(2));
    runtime.wait_idle().await;
    let quick = lease(&runtime, "quick").await;
    assert_eq!(quick[0].key, slow[0].key);
    let refused = runtime
        .submit(Request::by("slow").act(complete_job(&slow[0])))
        .await;
    assert!(
        matches!(refused, Err(Error::LeaseLost { .. })),
        "{refused:?}"
    );
    runtime
        .submit(Request::by("quick").act(complete_job(&quick[0])))
        .await
        .unwrap();
    runtime.stop().await;
}

#[tokio::test]
async fn a_failed_job_comes_back_until_its_retries_are_used_up() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    deploy(&runtime, &["mail"]).await.unwrap();
    let instance = sending(&runtime).await;
    let first = lease(&runtime, "a").await;
    runtime
        .submit(Request::by("a").act(fail_job(&first[0], 1)))
        .await
        .unwrap();
    let again = runtime
        .submit(Request::by("a").act(complete_job(&first[0])))
        .await;
    assert!(matches!(again, Err(Error::LeaseLost { .. })), "{again:?}");
    let second = lease(&runtime, "a").await;
    runtime
        .submit(Request::by("a").act(fail_job(&second[0], 0)))
        .await
        .unwrap();
    assert_eq!(lease(&runtime, "a").await, []);
    let query = IncidentQuery {
        instance: Some(instance),
        ..IncidentQuery::default()
    };
    let incidents = runtime.incidents(&query).await.unwrap();
    assert_eq!((incidents.len(), incidents[0].kind.as_str()), (1, "job"));
    assert!(
        incidents[0].message.contains("no connection"),
        "{}",
        incidents[0].message
    );

    let more = Command::UpdateRetries {
        job: second[0].key,
        retries: 1,
    };
    let resolve = Command::ResolveIncident {
        incident: incidents[0].key,
    };
    runtime
        .submit(
            Request::by("ruth")
                .command(instance, more)
                .command(instance, resolve),
        )
        .await
        .unwrap();
    assert_eq!(runtime.incidents(&query).await.unwrap(), []);
    let third = lease(&runtime, "a").await;
    runtime
        .submit(Request::by("a").act(complete_job(&third[0])))
        .await
        .unwrap();
    assert_eq!(
        runtime.instance(instance).await.unwrap().unwrap().status,
        Status::Completed
    );
    runtime.stop().await;
}

#[tokio::test]
async fn a_worker_at_a_long_job_keeps_its_lease_by_saying_that_it_lives() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    deploy(&runtime, &["mail"]).await.unwrap();
    sending(&runtime).await;
    let job = lease(&runtime, "a").await.remove(0);
    clock.advance(SignedDuration::from_secs(50));
    runtime.wait_idle().await;
    let until = runtime
        .extend_lease(job.key, Some(job.token), MINUTE_MS)
        .await;
    assert_eq!(until.unwrap(), at("2026-03-02T09:01:50Z"));
    clock.advance(SignedDuration::from_secs(50));
    runtime.wait_idle().await;
    assert_eq!(lease(&runtime, "b").await, []);
    clock.advance(SignedDuration::from_secs(20));
    runtime.wait_idle().await;
    let other = lease(&runtime, "b").await.remove(0);
    assert_eq!(other.key, job.key);
    let lost = runtime
        .extend_lease(job.key, Some(job.token), MINUTE_MS)
        .await;
    assert!(matches!(lost, Err(Error::LeaseLost { .. })), "{lost:?}");
    runtime
        .submit(Request::by("b").act(complete_job(&other)))
        .await
        .unwrap();
    let done = runtime.extend_lease(other.key, Some(other.token), 1).await;
    assert!(matches!(done, Err(Error::LeaseLost { .. })), "{done:?}");
    runtime.stop().await;
}

#[tokio::test]
async fn workers_who_wait_are_woken_by_a_new_job_and_one_of_them_gets_it() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    deploy(&runtime, &["mail"]).await.unwrap();
    let wait = std::time::Duration::from_secs(20);
    let workers: Vec<_> = ["a", "b"]
        .map(|worker| {
            let runtime = runtime.clone();
            tokio::spawn(
                async move { runtime.await_jobs("mail", worker, 1, MINUTE_MS, wait).await },
            )
        })
        .into();
    for _ in 0..2 {
        sending(&runtime).await;
    }
    let mut taken = Vec::new();
    for worker in workers {
        taken.extend(
            worker
                .await
                .unwrap()
                .unwrap()
                .into_iter()
                .map(|job| job.key),
        );
    }
    taken.dedup();
    assert_eq!(taken.len(), 2);
    let none = std::time::Duration::from_millis(20);
    let late = runtime.await_jobs("mail", "c", 1, MINUTE_MS, none).await;
    assert_eq!(late.unwrap(), []);
    runtime.stop().await;
}

#[tokio::test]
async fn a_failed_job_rests_as_long_as_its_model_says_and_a_little_longer() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    let model = model("mail").text.replace(
        "<zeebe:header key=\"template\"",
        "<zeebe:header key=\"retryBackoff\" value=\"PT4M\"/><zeebe:header key=\"template\"",
    );
    let resources = vec![runtime::Resource::new("mail.bpmn", model)];
    runtime
        .submit(Request::by("daniel").act(Act::Deploy { resources }))
        .await
        .unwrap();
    let mut rested = std::collections::BTreeSet::new();
    for _ in 0..6 {
        sending(&runtime).await;
    }
    for job in lease(&runtime, "a").await {
        runtime
            .submit(Request::by("a").act(fail_job(&job, 1)))
            .await
            .unwrap();
        rested.insert(runtime.job(job.key).await.unwrap().unwrap().available_at);
    }
    assert_eq!(lease(&runtime, "a").await, []);
    let (least, most) = (at("2026-03-02T09:04:00Z"), at("2026-03-02T09:05:00Z"));
    assert!(
        rested.iter().all(|time| (least..=most).contains(time)),
        "{rested:?}"
    );
    assert!(rested.len() > 1, "all come back together: {rested:?}");
    clock.set(most);
    runtime.wait_idle().await;
    assert_eq!(lease(&runtime, "a").await.len(), 6);
    runtime.stop().await;
}

/// Suspends, lets minutes pass, and resumes; meanwhile nobody gets a job.
async fn still(runtime: &Runtime, clock: &Clock, instance: Key, minutes: i64) {
    let give = |command| Request::by("ruth").command(instance, command);
    runtime.submit(give(Command::Suspend)).await.unwrap();
    clock.advance(SignedDuration::from_mins(minutes));
    // The clock goes on when what is due on the way is done.
    runtime.wait_idle().await;
    assert_eq!(lease(runtime, "b").await, []);
    runtime.submit(give(Command::Resume)).await.unwrap();
}

#[tokio::test]
async fn a_job_keeps_its_lease_and_its_pause_while_its_instance_stands_still() {
    let folder = Folder::new();
    let server = Postgres::shared().unwrap();
    for address in [folder.address(), server.schema().unwrap()] {
        let clock = morning();
        let store = Store::open(&address).await.unwrap();
        let runtime = Runtime::open(store, clock.clone(), Options::default());
        let runtime = runtime.await.unwrap();
        let model = model("mail").text.replace(
            "<zeebe:header key=\"template\"",
            "<zeebe:header key=\"retryBackoff\" value=\"PT40M\"/><zeebe:header key=\"template\"",
        );
        let resources = vec![runtime::Resource::new("mail.bpmn", model)];
        let request = Request::by("daniel").act(Act::Deploy { resources });
        runtime.submit(request).await.unwrap();

        let instance = sending(&runtime).await;
        let job = lease(&runtime, "a").await.remove(0);
        let row = runtime.job(job.key).await.unwrap();
        still(&runtime, &clock, instance, 0).await;
        assert_eq!(runtime.job(job.key).await.unwrap(), row);
        assert_eq!(lease(&runtime, "b").await, [], "it is leased");
        // The lease is made longer also while it is hidden.
        let give = |command| Request::by("ruth").command(instance, command);
        runtime.submit(give(Command::Suspend)).await.unwrap();
        let (key, token) = (job.key, Some(job.token));
        let longer = runtime.extend_lease(key, token, 2 * MINUTE_MS).await;
        assert_eq!(longer.unwrap(), at("2026-03-02T09:02:00Z"));
        runtime.submit(give(Command::Resume)).await.unwrap();

        let request = Request::by("a").act(fail_job(&job, 1));
        runtime.submit(request).await.unwrap();
        still(&runtime, &clock, instance, 10).await;
        assert_eq!(lease(&runtime, "b").await, [], "it rests");
        still(&runtime, &clock, instance, 50).await;
        let again = lease(&runtime, "b").await.remove(0);
        // Whoever does it was given it before the instance stood still.
        still(&runtime, &clock, instance, 0).await;
        let request = Request::by("b").act(complete_job(&again));
        runtime.submit(request).await.unwrap();
        let other = sending(&runtime).await;
        let request = Request::by("ruth").command(other, Command::Suspend);
        runtime.submit(request).await.unwrap();
        runtime.stop().await;
        drop(runtime);
        let store = Store::open(&address).await.unwrap();
        let found = runtime::verify::verify(&store, |_| ()).await.unwrap();
        assert!(found.is_whole(), "{found:?}");
    }
}

#[tokio::test]
async fn answers_to_repeated_requests_are_kept_for_a_week() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    deploy(&runtime, &["mail"]).await.unwrap();
    let request = || Request {
        idempotency_key: Some("k".to_owned()),
        ..Request::by("grace").act(start("mail"))
    };
    let first = runtime.submit(request()).await.unwrap();
    clock.advance(SignedDuration::from_hours(6 * 24));
    runtime.wait_idle().await;
    assert_eq!(runtime.prune_answers().await.unwrap(), 0);
    let again = runtime.submit(request()).await.unwrap();
    assert_eq!((again.started(), again.repeated), (first.started(), true));
    clock.advance(SignedDuration::from_hours(2 * 24));
    runtime.wait_idle().await;
    assert_eq!(runtime.prune_answers().await.unwrap(), 1);
    assert!(!runtime.submit(request()).await.unwrap().repeated);
    runtime.stop().await;
}
