//! The element templates for modelers say what the reader of models reads, and nothing else.

use calendar::Warning;
use serde_json::Value;
use std::collections::BTreeSet;

const TEMPLATES: &str = include_str!("../../element-templates/caseway.json");

/// A model in which the element of a template has one property, as a modeler writes it.
fn model(applies_to: &str, name: &str, value: &str) -> String {
    let value = value.replace('"', "&quot;");
    let property = format!(
        r#"<bpmn:extensionElements><zeebe:properties><zeebe:property name="{name}" value="{value}"/></zeebe:properties></bpmn:extensionElements>"#
    );
    let on = |element: &str| {
        if element == applies_to {
            property.clone()
        } else {
            String::new()
        }
    };
    let timer = "<bpmn:timerEventDefinition><bpmn:timeDuration>P3D</bpmn:timeDuration></bpmn:timerEventDefinition>";
    format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">
  <bpmn:process id="p" isExecutable="true">{}
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="UserTask"/>
    <bpmn:userTask id="UserTask" name="See the child">{}</bpmn:userTask>
    <bpmn:boundaryEvent id="BoundaryEvent" attachedToRef="UserTask" cancelActivity="false">{}{timer}</bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="UserTask" targetRef="IntermediateCatchEvent"/>
    <bpmn:intermediateCatchEvent id="IntermediateCatchEvent">{}{timer}</bpmn:intermediateCatchEvent>
  </bpmn:process>
</bpmn:definitions>"#,
        on("Process"),
        on("UserTask"),
        on("BoundaryEvent"),
        on("IntermediateCatchEvent"),
    )
}

/// What a modeller might enter.
fn examples(property: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    if let Some(choices) = property["choices"].as_array() {
        return choices
            .iter()
            .map(|choice| text(&choice["value"]))
            .collect();
    }
    let name = text(&property["binding"]["name"]);
    let examples: &[&str] = match name.as_str() {
        "caseway:workingDays" => &["5", "=days", "=if urgent then 1 else null"],
        "caseway:from" => &["=received", "2026-03-02T09:00:00Z"],
        "caseway:startEvent" => &["Referral received"],
        "caseway:reference" => &["Children Act 1989, section 47"],
        "caseway:warning" => &["50%", "2"],
        "caseway:calendar" => &["uganda"],
        other => panic!("no example of {other}"),
    };
    examples
        .iter()
        .map(|example| (*example).to_owned())
        .collect()
}

/// The reader has read the value where the template writes it.
#[track_caller]
fn check(applies_to: &str, name: &str, value: &str) {
    let reading = bpmn::read(&model(applies_to, name, value));
    let errors: Vec<_> = reading.report.errors().collect();
    assert!(errors.is_empty(), "{name}={value}: {errors:?}");
    let process = &reading.processes[0];
    if name == "caseway:calendar" {
        assert_eq!(process.calendar(), Some(value));
        return;
    }
    let rule = process.node(applies_to).unwrap().deadline();
    let rule = rule.unwrap_or_else(|| panic!("{applies_to} has no deadline with {name}={value}"));
    let is_read = match name {
        "caseway:workingDays" => rule.working_days.is_some(),
        "caseway:from" => rule.from.is_some(),
        "caseway:startEvent" => rule.start_event.as_deref() == Some(value),
        "caseway:source" => rule.source.map(bpmn::Source::word) == Some(value),
        "caseway:reference" => rule.reference.as_deref() == Some(value),
        "caseway:warning" => rule.warning != Warning::Percent(75),
        "caseway:roll" => rule.roll.is_some(),
        other => panic!("the reader of models does not know {other}"),
    };
    assert!(is_read, "{name}={value} at {applies_to} means nothing");
}

#[test]
fn each_property_of_a_template_is_read_where_it_applies() {
    let templates: Vec<Value> = serde_json::from_str(TEMPLATES).unwrap();
    let mut words = BTreeSet::new();
    for template in &templates {
        for property in template["properties"].as_array().unwrap() {
            let binding = &property["binding"];
            assert_eq!(binding["type"], "zeebe:property", "{property}");
            let name = binding["name"].as_str().unwrap();
            for applies_to in template["appliesTo"].as_array().unwrap() {
                let element = applies_to.as_str().unwrap().trim_start_matches("bpmn:");
                for value in examples(property) {
                    check(element, name, &value);
                }
            }
            words.insert(name.trim_start_matches("caseway:").to_owned());
        }
    }
    let all = [
        "calendar",
        "from",
        "reference",
        "roll",
        "source",
        "startEvent",
        "warning",
        "workingDays",
    ];
    assert_eq!(words.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn templates_have_ids_of_their_own_and_versions() {
    let templates: Vec<Value> = serde_json::from_str(TEMPLATES).unwrap();
    let ids: BTreeSet<&str> = templates
        .iter()
        .map(|t| t["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), templates.len());
    assert!(
        templates
            .iter()
            .all(|template| template["version"].is_u64())
    );
}
