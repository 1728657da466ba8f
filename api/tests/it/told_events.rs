//! Telling a case that something has happened: events of its pathway, and of the processes that the pathway calls.

use crate::support::{Answer, Site, leads_to, says, worker};
use axum::http::StatusCode;
use runtime::Request;

/// A pathway that calls another process. Each can be told one thing; the called one offers steps too.
const MODEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <bpmn:message id="worse" name="worse"><bpmn:extensionElements><zeebe:subscription correlationKey="=&quot;x&quot;"/></bpmn:extensionElements></bpmn:message>
  <bpmn:message id="moved" name="moved"><bpmn:extensionElements><zeebe:subscription correlationKey="=&quot;x&quot;"/></bpmn:extensionElements></bpmn:message>
  <bpmn:process id="outer" name="Outer" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="call"/>
    <bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="inner"/></bpmn:extensionElements></bpmn:callActivity>
    <bpmn:subProcess id="urgent" triggeredByEvent="true">
      <bpmn:startEvent id="gets-worse" name="It gets worse">
        <bpmn:documentation>The child is in danger.</bpmn:documentation>
        <bpmn:messageEventDefinition messageRef="worse"/>
      </bpmn:startEvent>
      <bpmn:sequenceFlow id="u1" sourceRef="gets-worse" targetRef="protect"/>
      <bpmn:userTask id="protect" name="Protect the child"/>
    </bpmn:subProcess>
  </bpmn:process>
  <bpmn:process id="inner" name="Inner" isExecutable="true">
    <bpmn:startEvent id="inner-start"/>
    <bpmn:sequenceFlow id="i1" sourceRef="inner-start" targetRef="help"/>
    <bpmn:adHocSubProcess id="help" name="Help at home"><bpmn:userTask id="visit" name="Visit the family"/></bpmn:adHocSubProcess>
    <bpmn:subProcess id="elsewhere" triggeredByEvent="true">
      <bpmn:startEvent id="moves" name="The family moves" isInterrupting="false"><bpmn:messageEventDefinition messageRef="moved"/></bpmn:startEvent>
      <bpmn:sequenceFlow id="e1" sourceRef="moves" targetRef="address"/>
      <bpmn:userTask id="address" name="Write down the address"/>
    </bpmn:subProcess>
  </bpmn:process>
</bpmn:definitions>
"#;

/// A site with one case of Grace's, and the address of the case.
async fn site() -> (Site, String) {
    let site = Site::new().await;
    let helen = worker("helen", "Helen Adong", "helpline");
    let request = Request::by("test").act(helen.added());
    site.runtime.submit(request).await.unwrap();
    site.install("told.bpmn", MODEL).await;
    let reference = site.case_of_grace("outer", None).await;
    (site, format!("/cases/{reference}"))
}

/// The address that a page links to under this name.
fn linked(page: &Answer, name: &str) -> String {
    let (before, _) = page.body.split_once(name).unwrap();
    let (_, address) = before.rsplit_once("href=\"").unwrap();
    address.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_happened_begins_its_steps_once_and_nothing_that_was_typed_is_lost() {
    let (site, case) = site().await;
    let grace = site.sign_in("grace").await;
    let page = grace.get(&case).await;
    says(&page, StatusCode::OK, &["It gets worse"]);
    let event = linked(&page, "It gets worse");
    says(
        &grace.get(&event).await,
        StatusCode::OK,
        &["It gets worse", "The child is in danger.", "What happened?"],
    );
    says(
        &grace.post(&event, &[("account", " ")]).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        &["There is a problem", "Write in a few words what happened"],
    );
    let told = grace.post(&event, &[("account", "Seen by a neighbour")]);
    leads_to(&told.await, format!("{case}?begun=yes"));
    assert_eq!(site.tasks().await, ["Protect the child"]);

    // Another window still shows the form.
    let late = grace.post(&event, &[("account", "Seen by <her> uncle")]);
    says(
        &late.await,
        StatusCode::CONFLICT,
        &[
            "The case no longer waits for this",
            "Seen by &lt;her&gt; uncle",
            "Add this note",
            &format!("action=\"{case}\""),
        ],
    );
    assert_eq!(site.tasks().await, ["Protect the child"]);
    leads_to(&grace.get(&event).await, format!("{case}?begun=late"));
    let noted = grace.post(&case, &[("note", "Seen by <her> uncle")]).await;
    leads_to(&noted, format!("{case}?noted=yes"));
}

#[tokio::test]
async fn what_a_called_process_waits_for_is_offered_on_the_page_of_the_case() {
    let (site, case) = site().await;
    let grace = site.sign_in("grace").await;
    let page = grace.get(&case).await;
    says(
        &page,
        StatusCode::OK,
        &["The family moves", "Help at home", "Visit the family"],
    );
    let moves = linked(&page, "The family moves");
    let told = grace.post(&moves, &[("account", "To an aunt")]).await;
    leads_to(&told, format!("{case}?begun=yes"));
    let visit = linked(&page, "Visit the family");
    leads_to(&grace.post(&visit, &[]).await, format!("{case}?begun=step"));
    let mut open = site.tasks().await;
    open.sort();
    assert_eq!(open, ["Visit the family", "Write down the address"]);
}

#[tokio::test]
async fn who_has_no_part_in_a_case_tells_it_nothing() {
    let (site, case) = site().await;
    let grace = site.sign_in("grace").await;
    let event = linked(&grace.get(&case).await, "It gets worse");
    let helen = site.sign_in("helen").await;
    assert_eq!(helen.get(&event).await.status, StatusCode::NOT_FOUND);
    let refused = helen.post(&event, &[("account", "because")]).await;
    says(&refused, StatusCode::NOT_FOUND, &[]);
    assert!(!refused.body.contains("because"), "{}", refused.body);
    let forged = grace.post_as_it_is(&event, &[("csrf", "forged"), ("account", "because")]);
    let forged = forged.await;
    assert!(forged.status.is_client_error(), "{forged:?}");
    assert!(site.tasks().await.is_empty());
}
