//! Steps that a worker chooses on the page of a case: what an open ad-hoc subprocess offers.

use crate::support::{Browser, Site, leads_to, says, worker};
use axum::http::StatusCode;
use processes::cases::{self};
use runtime::Request;

fn model(attributes: &str, inside: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <bpmn:process id="support" name="Support" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="help"/>
    <bpmn:adHocSubProcess id="help" name="Help at home" {attributes}>
      <bpmn:documentation>Do what helps most.</bpmn:documentation>{inside}
      <bpmn:userTask id="call" name="Call the family">
        <bpmn:documentation>Ask how the week was.</bpmn:documentation>
      </bpmn:userTask>
      <bpmn:userTask id="visit" name="Visit the family"/>
    </bpmn:adHocSubProcess>
    <bpmn:sequenceFlow id="f2" sourceRef="help" targetRef="review"/>
    <bpmn:userTask id="review" name="Review the help"/>
    <bpmn:sequenceFlow id="f3" sourceRef="review" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"#
    )
}

/// A site with one case of Grace's, its address, and the address of its ad-hoc subprocess.
async fn site(model: String) -> (Site, String, String) {
    let site = Site::new().await;
    let helen = worker("helen", "Helen Adong", "helpline");
    let request = Request::by("test").act(helen.added());
    site.runtime.submit(request).await.unwrap();
    site.install("support.bpmn", &model).await;
    let reference = site.case_of_grace("support", None).await;
    let instance = cases::instance(&site.runtime, &reference).await.unwrap();
    let mut visits = instance.state.elements().iter();
    let (visit, _) = visits
        .find(|(_, visit)| &**visit.element() == "help")
        .unwrap();
    let case = format!("/cases/{reference}");
    let steps = format!("{case}/steps/{visit}");
    (site, case, steps)
}

/// The random word of the form on a page.
async fn once(browser: &Browser<'_>, address: &str) -> String {
    let page = browser.get(address).await;
    let (_, rest) = page.body.split_once("name=\"once\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_worker_starts_the_steps_that_help_and_says_when_they_are_done() {
    let (site, case, steps) = site(model("", "")).await;
    let grace = site.sign_in("grace").await;
    let call = format!("{steps}/call");
    says(
        &grace.get(&case).await,
        StatusCode::OK,
        &[
            "No task is open. You can start one of the steps below.",
            "Steps you can start",
            "Do what helps most.",
            "Call the family",
            "Ask how the week was.",
            "Visit the family",
            "These steps are done",
            &call,
        ],
    );
    let form = grace.get(&call).await;
    says(
        &form,
        StatusCode::OK,
        &["Ask how the week was.", "Start this step"],
    );

    let word = once(&grace, &call).await;
    let fields = [("once", &*word), ("reason", "She asked for a call")];
    for _ in 0..2 {
        // A second click on the same form starts nothing more.
        leads_to(
            &grace.post(&call, &fields).await,
            format!("{case}?begun=step"),
        );
    }
    assert_eq!(site.tasks().await, ["Call the family"]);
    says(
        &grace.get(&format!("{case}?begun=step")).await,
        StatusCode::OK,
        &["The step has begun.", "Visit the family"],
    );
    // On purpose it can be started once more, without a reason.
    leads_to(&grace.post(&call, &[]).await, format!("{case}?begun=step"));
    assert_eq!(site.tasks().await.len(), 2);

    let reference = case.rsplit('/').next().unwrap();
    let instance = cases::instance(&site.runtime, reference).await.unwrap();
    let history = site.runtime.history(instance.key).await.unwrap();
    let reasons: Vec<_> = history
        .iter()
        .filter_map(|row| row.reason.as_deref())
        .collect();
    assert_eq!(reasons, ["She asked for a call"]);

    let asked = grace.get(&steps).await;
    says(
        &asked,
        StatusCode::OK,
        &["2 steps are still open. They will be withdrawn"],
    );
    says(
        &grace.post(&steps, &[("reason", " ")]).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        &["There is a problem", "why these steps are done"],
    );
    let done = grace.post(&steps, &[("reason", "All is well")]).await;
    leads_to(&done, format!("{case}?begun=done"));
    assert_eq!(site.tasks().await, ["Review the help"]);

    // Another window still shows the old page.
    for address in [&steps, &call] {
        let late = grace.post(address, &[("reason", "All is well")]).await;
        leads_to(&late, format!("{case}?begun=late"));
        leads_to(&grace.get(address).await, format!("{case}?begun=late"));
    }
    let page = grace.get(&format!("{case}?begun=late")).await;
    says(
        &page,
        StatusCode::OK,
        &["the case no longer waits for this"],
    );
    assert!(!page.body.contains("Steps you can start"), "{}", page.body);
}

#[tokio::test]
async fn nobody_starts_a_step_of_a_case_that_they_may_not_see() {
    let (site, _, steps) = site(model("", "")).await;
    let helen = site.sign_in("helen").await;
    let call = format!("{steps}/call");
    for address in [&steps, &call] {
        assert_eq!(helen.get(address).await.status, StatusCode::NOT_FOUND);
        let refused = helen.post(address, &[("reason", "because")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }
    let grace = site.sign_in("grace").await;
    let forged = grace.post_as_it_is(&call, &[("csrf", "forged")]).await;
    assert!(forged.status.is_client_error(), "{forged:?}");
    assert!(site.tasks().await.is_empty());
}

#[tokio::test]
async fn one_step_at_a_time_is_said_kindly() {
    let (site, case, steps) = site(model(r#"ordering="Sequential""#, "")).await;
    let grace = site.sign_in("grace").await;
    grace.post(&format!("{steps}/call"), &[]).await;
    let page = grace.get(&case).await;
    says(&page, StatusCode::OK, &["finish the one that is open"]);
    assert!(!page.body.contains("Visit the family"), "{}", page.body);
    let busy = grace.post(&format!("{steps}/visit"), &[]).await;
    leads_to(&busy, format!("{case}?begun=busy"));
    assert_eq!(site.tasks().await, ["Call the family"]);
}

#[tokio::test]
async fn where_the_model_says_when_it_is_over_nobody_else_does() {
    let condition =
        "<bpmn:completionCondition>numberOfCompletedInstances = 2</bpmn:completionCondition>";
    let (site, case, steps) = site(model("", condition)).await;
    let grace = site.sign_in("grace").await;
    let page = grace.get(&case).await;
    says(&page, StatusCode::OK, &["Call the family"]);
    assert!(!page.body.contains("These steps are done"), "{}", page.body);
    let refused = grace.post(&steps, &[("reason", "enough")]).await;
    leads_to(&refused, format!("{case}?begun=late"));
    assert!(site.tasks().await.is_empty());
    assert_eq!(
        grace.get(&format!("{steps}/call")).await.status,
        StatusCode::OK
    );
}
