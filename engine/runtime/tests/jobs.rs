//! Jobs: leased to one worker at a time, done with the token of the lease.
#![allow(clippy::unwrap_used, reason = "functions of tests")]

mod support;

use bpmn::{Command, Key, Status};
use feel::{Context, Value};
use jiff::SignedDuration;
use runtime::{Act, ActivatedJob, Error, Request, Runtime};
use store::IncidentQuery;
use support::*;

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
