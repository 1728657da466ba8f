//! Which version of what is deployed a model means, and which decision models import each other.

use crate::support::*;
use bpmn::Key;
use runtime::{Resource, Runtime};

/// All problems of a check, the hints too.
async fn problems(runtime: &Runtime, resources: Vec<Resource>) -> Vec<String> {
    let reports = runtime.check(resources).await.unwrap();
    let lines = reports.iter().flat_map(|report| {
        let problems = report.report.problems.iter();
        problems.map(|problem| format!("{} {}: {}", problem.severity, report.name, problem.message))
    });
    lines.collect()
}

fn form(version: &str, tag: &str) -> Resource {
    let text = format!(
        r#"{{"id": "intake", "versionTag": "{tag}", "components": [], "version": "{version}"}}"#
    );
    Resource::new("intake.form", text)
}

/// The model with bindings in place of the plain references.
fn bound(binding: &str) -> Resource {
    let mut model = model("references");
    for name in [
        r#"formId="intake""#,
        r#"decisionId="risk""#,
        r#"processId="work""#,
    ] {
        model.text = model.text.replace(name, &format!("{name} {binding}"));
    }
    model
}

#[tokio::test]
async fn a_version_tag_that_nothing_has_is_a_warning() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let tagged = || bound(r#"bindingType="versionTag" versionTag="v1""#);
    let others = || vec![model("work"), model("risk.dmn"), form("1", "v0")];
    let files = [vec![tagged()], others()].concat();
    let found = problems(&runtime, files.clone()).await;
    let expected = [
        ("Fill in", "form \"intake\""),
        ("Decide", "decision \"risk\""),
        ("Call", "process \"work\""),
    ]
    .map(|(label, what)| {
        format!(
            "warning references.bpmn: \"{label}\" names the {what} with the version tag \"v1\", which no version of it has"
        )
    });
    let about_tags: Vec<String> = found
        .into_iter()
        .filter(|problem| problem.contains("names the"))
        .collect();
    assert_eq!(about_tags, expected);
    // The same whether it is deployed together with them, or later.
    deployed(&runtime, others()).await;
    let later = problems(&runtime, vec![tagged()]).await;
    assert!(
        expected.iter().all(|line| later.contains(line)),
        "{later:?}"
    );
    let found = problems(&runtime, vec![tagged(), form("2", "v1")]).await;
    assert!(!found.contains(&expected[0]), "{found:?}");
    deployed(&runtime, vec![form("2", "v1")]).await;
    let found = problems(&runtime, vec![tagged()]).await;
    assert!(!found.contains(&expected[0]), "{found:?}");
    runtime.stop().await;
}

#[tokio::test]
async fn what_is_bound_to_its_deployment_and_came_before_is_a_hint() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    deployed(&runtime, vec![model("work"), model("risk.dmn")]).await;
    let own = bound(r#"bindingType="deployment""#);
    let found = problems(&runtime, vec![own, form("1", ""), model("work")]).await;
    let named: Vec<&String> = found
        .iter()
        .filter(|problem| problem.contains("names the"))
        .collect();
    assert_eq!(
        named,
        [
            "hint references.bpmn: \"Decide\" names the decision \"risk\" of its own deployment, and no file has it: its latest version is used, also when a newer one comes"
        ]
    );
    runtime.stop().await;
}

#[tokio::test]
async fn a_task_shows_the_version_of_its_form_that_the_model_means() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    let mut definitions: Vec<(Key, &str)> = Vec::new();
    for (binding, expected) in [
        ("", "3"),
        (r#"bindingType="deployment""#, "1"),
        (r#"bindingType="versionTag" versionTag="old""#, "2"),
    ] {
        let mut model = bound(binding);
        let id = format!("p{}", definitions.len());
        model.text = model
            .text
            .replace(r#"id="references""#, &format!(r#"id="{id}""#));
        let files = vec![model, form("1", "")];
        deployed(&runtime, files).await;
        definitions.push((runtime.catalog().latest(&id).unwrap().key, expected));
    }
    deployed(&runtime, vec![form("2", "old")]).await;
    deployed(&runtime, vec![form("3", "new")]).await;
    let check = |runtime: &Runtime| {
        let catalog = runtime.catalog();
        for (definition, expected) in &definitions {
            let form = catalog.task_form("intake", *definition, "fill").unwrap();
            assert_eq!(form.version.to_string(), *expected, "{definition}");
        }
    };
    check(&runtime);
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    check(&runtime);
    runtime.stop().await;
}

const GRANT: &str = include_str!("../../../../tests/scenarios/decision-imports/grant.dmn");
const RATES: &str = include_str!("../../../../tests/scenarios/decision-imports/rates.dmn");

fn grant() -> Resource {
    Resource::new("grant.dmn", GRANT)
}

fn rates() -> Resource {
    Resource::new("rates.dmn", RATES)
}

#[tokio::test]
async fn a_decision_model_that_is_imported_must_be_there() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let missing = "error grant.dmn: the model \"https://caseway.dev/scenarios/rates\" (rates.dmn) that is imported as \"rates\" is not there";
    let found = problems(&runtime, vec![grant()]).await;
    assert_eq!(found[0], missing);
    assert_eq!(
        problems(&runtime, vec![grant(), rates()]).await,
        Vec::<String>::new()
    );
    // One that is deployed already is found too.
    let first = deployed(&runtime, vec![rates()]).await;
    assert!(first.deployment.is_some());
    assert_eq!(
        problems(&runtime, vec![grant()]).await,
        Vec::<String>::new()
    );
    deployed(&runtime, vec![grant()]).await;
    runtime.stop().await;
}

#[tokio::test]
async fn of_two_files_with_the_imported_namespace_the_named_one_is_taken() {
    let folder = Folder::new();
    let runtime = open(&folder, &morning()).await;
    let twin = Resource::new("other-rates.dmn", RATES);
    let files = vec![grant(), rates(), twin.clone()];
    assert_eq!(problems(&runtime, files).await, Vec::<String>::new());
    let unnamed = Resource::new("grant.dmn", GRANT.replace("locationURI=\"rates.dmn\"", ""));
    let found = problems(&runtime, vec![unnamed, rates(), twin]).await;
    assert_eq!(
        found[0],
        "error grant.dmn: The model \"https://caseway.dev/scenarios/rates\" that is imported is in several files: rates.dmn, other-rates.dmn"
    );
    runtime.stop().await;
}

#[tokio::test]
async fn what_imports_is_new_with_what_it_imports_and_else_nothing_is() {
    let folder = Folder::new();
    let clock = morning();
    let runtime = open(&folder, &clock).await;
    assert!(
        deployed(&runtime, vec![grant(), rates()])
            .await
            .deployment
            .is_some()
    );
    let same = deployed(&runtime, vec![grant(), rates()]).await;
    assert_eq!(same.deployment, None);
    let newer = Resource::new("rates.dmn", RATES.replace("20 *", "30 *"));
    let changed = deployed(&runtime, vec![grant(), newer.clone()]).await;
    let versions: Vec<_> = changed
        .definitions
        .iter()
        .map(|definition| (definition.id.as_str(), definition.version))
        .collect();
    assert_eq!(versions, [("grant", 2)]);
    runtime.stop().await;
    let runtime = open(&folder, &clock).await;
    assert_eq!(
        deployed(&runtime, vec![grant(), newer]).await.deployment,
        None
    );
    runtime.stop().await;
}
