//! The answers that the people of the demonstration give, as their forms would submit them.

use serde_json::{Value, json};

/// A child of the demonstration, as far as forms ask.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    pub(super) name: &'static str,
    pub(super) called: &'static str,
    pub(super) sex: &'static str,
    pub(super) age: u8,
    pub(super) language: &'static str,
    pub(super) village: &'static str,
    pub(super) lives_with: &'static str,
    pub(super) caregiver: (&'static str, &'static str),
    pub(super) concern: &'static str,
    pub(super) story: &'static str,
    pub(super) channel: &'static str,
    pub(super) alert: Option<&'static str>,
    pub(super) matters: Option<&'static str>,
    pub(super) birth_registered: &'static str,
    pub(super) status: &'static str,
}

pub(super) fn registration(child: &Child, reported_at: &str) -> Value {
    json!({ "registration": {
        "channel": child.channel,
        "reported_at": reported_at,
        "child_name": child.name,
        "sex": child.sex,
        "age_years": child.age,
        "age_estimated": "yes",
        "age": child.age,
        "nationality_status": child.status,
        "birth_registered": child.birth_registered,
        "languages": [child.language],
        "location": { "district": "Kampala", "sub_county": "Nakawa", "parish": "Naguru", "village": child.village },
        "care_arrangement": child.lives_with,
        "caregiver": { "name": child.caregiver.0, "relationship": child.caregiver.1 },
        "school_status": if child.age < 6 { "below age" } else { "in school" },
        "concerns": [child.concern],
        "narrative": child.story,
        "suspected_offender": "not known",
        "consent_obtained": "caregiver consent and child assent",
    } })
}

pub(super) fn consent(child: &Child) -> Value {
    json!({ "consent": {
        "explained_in": child.language,
        "given_by": "child and caregiver",
        "consent_services": "yes",
        "consent_reporting": "yes",
        "share_with": ["police", "health", "education"],
        "signature": "thumb print",
        "signed_by": child.caregiver.0,
    } })
}

/// How dangerous it is; the answers to the risk screen follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    High,
    Medium,
    Low,
    None,
}

impl Level {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Level::High => "high",
            Level::Medium => "medium",
            Level::Low => "low",
            Level::None => "no risk - refer out",
        }
    }
}

pub(super) fn screen(child: &Child, level: Level) -> Value {
    let yes = |it: bool| if it { "yes" } else { "no" };
    json!({ "risk_screen": {
        "life_threat": yes(level == Level::High),
        "sexual_72h": yes(level == Level::High && child.concern == "sexual abuse"),
        "perpetrator_access": yes(level == Level::Medium),
        "unaccompanied": "no",
        "protective_adult": yes(level != Level::Low),
        "child_fears_home": "no",
        "under5": child.age < 5,
        "severe_disability": false,
        "repeat_report": "no",
    } })
}

pub(super) fn decide(level: Level, called_at: &str) -> Value {
    let mut decision = json!({ "risk_level": level.as_str() });
    if level == Level::High {
        decision["immediate_action"] = json!(["safe place", "medical care"]);
        decision["supervisor_called"] = called_at.into();
    }
    json!({ "risk_decision": decision })
}

/// The table suggests another level; the worker knows better.
pub(super) fn decide_otherwise(decided: Level, reason: &str) -> Value {
    json!({ "risk_decision": { "risk_level": decided.as_str(), "change_reason": reason } })
}

pub(super) fn first_contact(seen_at: &str, words: &str) -> Value {
    json!({ "first_contact": {
        "seen_at": seen_at,
        "where_seen": "home",
        "child_seen_alone": "yes",
        "child_words": words,
        "safe_tonight": "yes, with the safety plan",
        "safety_plan": "Sleeps at the grandmother's. The neighbour calls 116 if anybody comes at night.",
    } })
}

pub(super) fn assessment(date: &str, level: Level, wishes: &str) -> Value {
    let domain = |name: &str, score: &str, strengths: &str, needs: Option<&str>| {
        let mut row = json!({ "domain": name, "score": score, "strengths": strengths });
        if let Some(needs) = needs {
            row["needs"] = needs.into();
        }
        row
    };
    json!({ "assessment": {
        "assessment_date": date,
        "where_seen": "home",
        "child_seen_alone": "yes",
        "child_wishes": wishes,
        "caregiver_view": "Wants the child home and safe, and asks for help with school fees.",
        "domains": [
            domain("safety and protection", "1", "Tells the teacher when something happens", Some("A safe place on the way to school")),
            domain("physical health", "2", "Eats twice a day", None),
            domain("psychosocial", "2", "Laughs with friends", None),
            domain("education", "1", "Likes reading", Some("Back to class every day; fees for this term")),
            domain("care and family relations", "2", "Grandmother is patient", None),
            domain("economic security and shelter", "2", "The family has a room", None),
            domain("legal and documentation", "3", "Has papers", None),
            domain("community and identity", "2", "Goes to church choir", None),
        ],
        "total_score": 15,
        "risk_level": level.as_str(),
        "best_interest_needed": "no",
    } })
}

pub(super) fn approve_assessment() -> Value {
    json!({ "assessment_review": { "supervisor_review": "approved" } })
}

pub(super) fn return_assessment(comment: &str) -> Value {
    json!({ "assessment_review": { "supervisor_review": "return with comments", "supervisor_comment": comment } })
}

pub(super) fn plan(date: &str, frequency: &str, due: &str, safety_plan: bool) -> Value {
    let goal = |domain: &str, goal: &str, action: &str, responsible: &str| json!({ "domain": domain, "goal": goal, "action": action, "responsible": responsible, "due": due, "status": "planned" });
    let mut plan = json!({
        "plan_date": date,
        "child_agrees": "both",
        "goals": [
            goal("safety and protection", "Feels safe on the way to school", "Walks with the neighbour's children", "Caregiver"),
            goal("education", "In class every day this term", "Meet the head teacher about fees", "Case worker"),
        ],
        "follow_up_frequency": frequency,
    });
    if safety_plan {
        plan["safety_plan"] =
            "Grandmother keeps the door locked at night; 116 is on the wall.".into();
    }
    json!({ "plan": plan })
}

pub(super) fn approve_plan() -> Value {
    json!({ "plan_review": { "approved": "approved" } })
}

pub(super) fn referral(service: &str, urgency: &str, reason: &str, reference: &str) -> Value {
    json!({ "referral": {
        "service": service,
        "urgency": urgency,
        "reason": reason,
        "consent_ok": "yes",
        "fields_shared": ["identity", "concern"],
        "sent_by": "phone",
        "accepted": "accepted",
        "external_ref": reference,
        "child_feedback": "all right",
    } })
}

pub(super) fn follow_up(date: &str, note: &str) -> Value {
    json!({ "follow_up": {
        "follow_up_date": date,
        "method": "home visit",
        "child_seen": "yes",
        "note": note,
        "goal_updates": [
            { "goal_ref": "Feels safe on the way to school", "status": "in progress" },
            { "goal_ref": "In class every day this term", "status": "in progress" },
        ],
        "risk_change": "same",
        "new_incident": "no",
    } })
}

pub(super) fn check_after_closure(date: &str) -> Value {
    json!({ "follow_up": {
        "follow_up_date": date,
        "method": "phone",
        "child_seen": "yes",
        "risk_change": "lower",
        "new_incident": "no",
        "reopen": "no",
    } })
}

pub(super) fn review(date: &str, level: Level, decision: &str) -> Value {
    let scores = [
        ("safety and protection", "1", "3"),
        ("physical health", "2", "2"),
        ("psychosocial", "2", "3"),
        ("education", "1", "2"),
        ("care and family relations", "2", "2"),
        ("economic security and shelter", "2", "2"),
        ("legal and documentation", "3", "3"),
        ("community and identity", "2", "3"),
    ];
    let rescored: Vec<Value> = scores
        .iter()
        .map(
            |(domain, before, score)| json!({ "domain": domain, "before": before, "score": score }),
        )
        .collect();
    json!({ "case_review": {
        "review_date": date,
        "participants": [{ "name": "Grandmother", "agency": "family" }, { "name": "Head teacher", "agency": "school" }],
        "domain_rescore": rescored,
        "risk_level": level.as_str(),
        "decision": decision,
    } })
}

pub(super) fn closure(level: Level, check_on: &str) -> Value {
    json!({ "closure": {
        "closure_reason": "goals achieved",
        "goals_result": "achieved",
        "final_risk": level.as_str(),
        "child_agrees": "yes",
        "satisfaction": "satisfied",
        "post_closure_check": check_on,
    } })
}

pub(super) fn approve_closure() -> Value {
    json!({ "closure_review": { "approved": "approved" } })
}
