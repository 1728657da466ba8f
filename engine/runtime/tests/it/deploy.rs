//! Files are checked before anything is deployed, each by itself and against the others.

use crate::support::*;
use runtime::{Act, Error, Request, Resource, ResourceReport};
use store::DefinitionQuery;
use xml::Severity;

/// The errors and warnings of all files as lines "severity file: message".
fn problems(reports: &[ResourceReport]) -> Vec<String> {
    let lines = reports.iter().flat_map(|report| {
        let problems = report.report.problems.iter();
        problems
            .filter(|problem| problem.severity != Severity::Hint)
            .map(|problem| format!("{} {}: {}", problem.severity, report.name, problem.message))
    });
    lines.collect()
}

fn form(id: &str) -> Resource {
    Resource::new(
        format!("{id}.form"),
        format!("{{\"id\": \"{id}\", \"components\": []}}"),
    )
}

#[tokio::test]
async fn one_bad_file_keeps_all_from_being_deployed() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let resources = vec![
        model("work"),
        Resource::new("broken.bpmn", "<bpmn:definitions"),
        Resource::new("letter.txt", "Dear Ms Auma"),
        Resource::new("no.form", "{"),
        Resource::new("anonymous.form", "{}"),
    ];
    let error = runtime
        .submit(Request::by("daniel").act(Act::Deploy {
            resources: resources.clone(),
        }))
        .await
        .unwrap_err();
    let text = error.to_string();
    for part in [
        "broken.bpmn, line 1",
        "letter.txt",
        "no.form, line 1",
        "has no id",
    ] {
        assert!(text.contains(part), "\"{part}\" is missing in: {text}");
    }
    let Error::NotDeployable(reports) = error else {
        panic!("{error}")
    };
    assert_eq!(reports, runtime.check(resources).await.unwrap());
    assert_eq!(
        reports
            .iter()
            .filter(|report| report.is_deployable())
            .count(),
        1
    );
    assert!(runtime.catalog().latest("work").is_none());
    assert_eq!(
        runtime
            .definitions(&DefinitionQuery::default())
            .await
            .unwrap(),
        []
    );
    runtime.stop().await;
}

#[tokio::test]
async fn what_a_model_names_and_nobody_has_deployed_is_a_warning() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let missing = runtime.check(vec![model("references")]).await.unwrap();
    assert_eq!(
        problems(&missing),
        [
            "warning references.bpmn: \"Fill in\" names the form \"intake\", which is not deployed",
            "warning references.bpmn: \"Decide\" names the decision \"risk\", which is not deployed",
            "warning references.bpmn: \"Call\" names the process \"work\", which is not deployed",
        ]
    );
    assert!(missing[0].is_deployable());
    deploy(&runtime, &["work"]).await.unwrap();
    let fewer = runtime
        .check(vec![model("references"), form("intake")])
        .await
        .unwrap();
    assert_eq!(
        problems(&fewer),
        ["warning references.bpmn: \"Decide\" names the decision \"risk\", which is not deployed"]
    );
    runtime.stop().await;
}

#[tokio::test]
async fn two_files_with_the_same_definition_are_refused() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let mut twin = model("work");
    twin.name = "twin.bpmn".into();
    let reports = runtime.check(vec![model("work"), twin]).await.unwrap();
    assert_eq!(
        problems(&reports),
        ["error twin.bpmn: The process \"work\" is also defined in work.bpmn"]
    );
    assert_eq!(
        reports[1].errors().next().unwrap().severity,
        Severity::Error
    );
    runtime.stop().await;
}

#[tokio::test]
async fn forms_have_versions_and_survive_a_restart() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    let mut changed = form("intake");
    changed.text = changed.text.replace("[]", "[ ]");
    for resource in [form("intake"), changed.clone()] {
        let request = Request::by("daniel").act(Act::Deploy {
            resources: vec![resource],
        });
        runtime.submit(request).await.unwrap();
    }
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    let catalog = runtime.catalog();
    let latest = catalog.form("intake").unwrap();
    assert_eq!(
        (latest.version, latest.text.as_str()),
        (2, changed.text.as_str())
    );
    runtime.stop().await;
}

#[tokio::test]
async fn decisions_are_asked_in_their_latest_version_also_after_a_restart() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    let mut stricter = model("risk.dmn");
    stricter.text = stricter.text.replace("&lt; 5", "&lt; 10");
    for resources in [vec![model("decides"), model("risk.dmn")], vec![stricter]] {
        let request = Request::by("daniel").act(Act::Deploy { resources });
        runtime.submit(request).await.unwrap();
    }
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    let variables = [("age".to_owned(), feel::Value::from(7))]
        .into_iter()
        .collect();
    let act = Act::Start {
        process_id: "decides".into(),
        version: None,
        at: None,
        business_id: None,
        variables,
        calendar: None,
    };
    let answer = runtime.submit(Request::by("grace").act(act)).await.unwrap();
    let view = runtime
        .instance(answer.started().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        view.state.variable("risk"),
        Some(&feel::Value::from("high"))
    );
    runtime.stop().await;
}

fn calendar(id: &str, used: &str) -> Resource {
    let text = format!(
        r#"{{"id": "{id}", "name": "{id}", "zone": "Africa/Kampala", "weekend": ["sunday"],
        "office_hours": {{"from": "08:00", "to": "16:00"}}, "source": "invented",
        "holidays": [{{"date": "2026-03-03", "name": "Feast"}}], "for": {used}}}"#
    );
    Resource::new(format!("{id}.calendar"), text)
}

#[tokio::test]
async fn a_calendar_is_a_versioned_resource() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    let deploy = |resources| Request::by("daniel").act(Act::Deploy { resources });
    let ours = r#"{"organisation": true}"#;
    runtime
        .submit(deploy(vec![calendar("ours", ours)]))
        .await
        .unwrap();
    assert_eq!(runtime.catalog().office().id.as_deref(), Some("ours"));
    // The same file is no new version; another is.
    runtime
        .submit(deploy(vec![calendar("ours", ours)]))
        .await
        .unwrap();
    assert_eq!(runtime.catalog().calendar_versions("ours").len(), 1);
    let mut later = calendar("ours", ours);
    later.text = later.text.replace("2026-03-03", "2026-03-04");
    runtime.submit(deploy(vec![later])).await.unwrap();
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    let catalog = runtime.catalog();
    assert_eq!(catalog.calendar_versions("ours").len(), 2);
    let latest = &catalog.latest_calendar("ours").unwrap().calendar;
    assert_eq!(latest.holiday("2026-03-04".parse().unwrap()), Some("Feast"));
}

#[tokio::test]
async fn what_makes_working_days_uncertain_is_refused() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let ours = r#"{"organisation": true, "teams": ["night"]}"#;
    let reports = runtime
        .check(vec![calendar("ours", ours), calendar("theirs", ours)])
        .await
        .unwrap();
    assert_eq!(
        problems(&reports),
        [
            "error ours.calendar: The calendar \"theirs\" is that of the organisation already",
            "error ours.calendar: The calendar \"theirs\" is that of the team \"night\" already",
            "error theirs.calendar: The calendar \"ours\" is that of the organisation already",
            "error theirs.calendar: The calendar \"ours\" is that of the team \"night\" already",
        ]
    );
    let mut naming = model("work");
    naming.text = naming.text.replacen(
        "<bpmn:process ",
        "<bpmn:process xmlns:c=\"https://caseway.org/schema/1.0\" c:calendar=\"ours\" ",
        1,
    );
    let reports = runtime.check(vec![naming.clone()]).await.unwrap();
    assert!(
        problems(&reports)
            .iter()
            .any(|problem| problem.contains("names the calendar \"ours\", which is not deployed")),
        "{:?}",
        problems(&reports)
    );
    let reports = runtime
        .check(vec![naming, calendar("ours", "{}")])
        .await
        .unwrap();
    assert!(reports.iter().all(ResourceReport::is_deployable));
    // A worked Sunday that is none, with the line.
    let mut wrong = calendar("ours", "{}");
    wrong.text = wrong.text.replace("08:00", "18:00");
    let reports = runtime.check(vec![wrong]).await.unwrap();
    let problem = &reports[0].report.problems[0];
    assert_eq!((problem.line, problem.severity), (2, Severity::Error));
}
