//! The pathways that come with the program, embedded: models, decisions, forms.

/// A file of a pathway, as it lies in `processes/pathways`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// The file's name, `child-protection.bpmn`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(File { name: $name, text: include_str!(concat!("../pathways/", $folder, "/", $name)) }),*]
    };
}

/// Child protection case management: what is deployed together.
pub const CHILD_PROTECTION: &[File] = files!("child-protection":
    "child-protection.bpmn",
    "report.bpmn",
    "risk-level.dmn",
    "intervals.dmn",
    "mandatory-referrals.dmn",
    "identification_registration.form",
    "consent_information_sharing.form",
    "risk_screen.form",
    "first_contact.form",
    "comprehensive_assessment.form",
    "case_plan.form",
    "service_referral.form",
    "follow_up.form",
    "case_review.form",
    "case_closure.form",
    "overdue_step.form",
    "escalated_decision.form",
    "consent_withdrawn.form",
    "transfer_acceptance.form",
    "transfer_hand_over.form",
    "urgent_protection.form",
    "protection_notice.form",
    "missing_child.form",
    "search_review.form",
    "death_report.form",
    "sibling_check.form",
    "restricted_record.form",
    "duplicate_record.form",
    "complaint.form",
    "contact_attempt.form",
    "leaving_care.form",
    "incoming_report.form",
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/pathways/child-protection");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| {
                [".bpmn", ".dmn", ".form"]
                    .iter()
                    .any(|end| name.ends_with(end))
            })
            .collect();
        let embedded: BTreeSet<String> = CHILD_PROTECTION
            .iter()
            .map(|file| file.name.into())
            .collect();
        assert_eq!(there, embedded);
    }
}
