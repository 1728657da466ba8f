//! The children, all of them invented, and what happened to each.

use super::{GRACE, HELEN, JOSEPH, NOBODY, RUTH, Story};
use crate::demo::What;
use crate::demo::answers::{self, Child, Level};

/// On track, waiting for the next visit.
pub(super) fn sarah(story: &mut Story) {
    let child = Child {
        name: "Sarah Nakato",
        called: "Sarah",
        sex: "female",
        age: 7,
        caregiver: ("Mary Nakitende", "grandmother"),
        lives_with: "kin",
        story: "A teacher called: the child comes without food and falls asleep in class.",
        channel: "school",
        matters: Some("My little brother eats first. I want to read to him."),
        ..NOBODY
    };
    story.intake(60, child, GRACE, Level::Medium);
    story.seen(58, "I cook for my brother when Jjajja is at the market.");
    story.assessed(
        54,
        Level::Medium,
        "To stay with Jjajja and to have a uniform.",
    );
    story.planned(50, Level::Medium, "2 weeks");
    story.plan_approved(49);
    story.visit(
        36,
        "Both children ate before school. The neighbour looks in.",
    );
    story.visit(23, "Uniform has come. She read me a page.");
    story.note(20, GRACE, "Head teacher called: no day missed this month.");
    story.visit(
        10,
        "Grandmother was ill for two days; the neighbour cooked.",
    );
}

/// High risk and not seen in time: escalated twice.
pub(super) fn emmanuel(story: &mut Story) {
    let child = Child {
        name: "Emmanuel Okot",
        called: "Emma",
        sex: "male",
        age: 4,
        language: "Acholi",
        caregiver: ("Florence Aciro", "mother"),
        concern: "physical abuse",
        story: "The para-social worker heard crying at night and saw marks on both arms.",
        channel: "para-social worker",
        alert: Some("Stepfather drinks in the evening: visit by two, before 17:00"),
        ..NOBODY
    };
    story.intake(3, child, JOSEPH, Level::High);
    story.note(
        2,
        JOSEPH,
        "Went to the house at noon; locked. Neighbours say they are at the aunt's in Mukono.",
    );
}

/// Sexual assault: referrals made at once, the assessment begun and interrupted.
pub(super) fn stella(story: &mut Story) {
    let child = Child {
        name: "Stella Akello",
        called: "Stella",
        sex: "female",
        age: 14,
        language: "Ateso",
        concern: "sexual abuse",
        caregiver: ("Agnes Amoding", "aunt"),
        lives_with: "kin",
        story: "Brought by her aunt the morning after. The child has told it once and need not tell it again.",
        channel: "family",
        alert: Some("Do not call the home number: the suspect answers it"),
        matters: Some("I want to sit my exams."),
        ..NOBODY
    };
    story.intake(3, child, GRACE, Level::High);
    story.referral(3, 10, "health facility", "immediate", "NHC 2231");
    story.referral(3, 11, "police CFPU", "immediate", "CRB 408");
    story.seen(3, "I am safe at my aunt's. I do not want to go back.");
    story.add(
        1,
        16,
        GRACE,
        What::Draft(
            "Assess the child",
            &[
                ("assessment.where_seen", "home"),
                ("assessment.child_seen_alone", "yes"),
                (
                    "assessment.child_wishes",
                    "To stay with her aunt until the exams are over, and to",
                ),
            ],
        ),
    );
}

/// The worker decided otherwise than the table; the plan waits for approval.
pub(super) fn brian(story: &mut Story) {
    let child = Child {
        name: "Brian Mugisha",
        called: "Brian",
        sex: "male",
        age: 10,
        language: "Runyankole",
        caregiver: ("Robert Mugisha", "father"),
        story: "Home alone for days while the father drives to Mbarara.",
        channel: "community leader",
        ..NOBODY
    };
    story.open(12, child, Some(GRACE));
    story.register(12);
    story.step(
        12,
        9,
        GRACE,
        "Screen the risk",
        answers::screen(&child, Level::Low),
    );
    let decision = answers::decide_otherwise(
        Level::Medium,
        "He is alone at night for up to four days, and the door does not lock.",
    );
    story.step(12, 9, GRACE, "Decide the risk level", decision);
    story.seen(11, "I am not afraid. Only when the dogs bark.");
    story.assessed(7, Level::Medium, "That Papa comes home on Fridays.");
    story.planned(2, Level::Medium, "2 weeks");
}

/// The supervisor has returned the assessment.
pub(super) fn esther(story: &mut Story) {
    let child = Child {
        name: "Esther Apio",
        called: "Esther",
        sex: "female",
        age: 16,
        language: "Ateso",
        concern: "child marriage",
        caregiver: ("John Opio", "father"),
        lives_with: "both parents",
        story: "A wedding is arranged for the end of the month. She left school in May.",
        channel: "community leader",
        matters: Some("I want to become a nurse."),
        ..NOBODY
    };
    story.intake(8, child, GRACE, Level::Medium);
    story.referral(7, 10, "police CFPU", "24 hours", "CRB 391");
    story.seen(7, "My father has taken the first cow already. I said no.");
    story.assessed(4, Level::Medium, "To go back to school.");
    let comment = "Good on the family. What does Esther herself want to happen next week, and where can she sleep if it goes wrong?";
    story.step(
        1,
        10,
        RUTH,
        "Review the assessment",
        answers::return_assessment(comment),
    );
}

/// The plan is late.
pub(super) fn peter(story: &mut Story) {
    let child = Child {
        name: "Peter Kato",
        called: "Kato",
        sex: "male",
        age: 9,
        caregiver: ("Harriet Namusoke", "mother"),
        story: "Works at the car wash instead of going to school.",
        channel: "police",
        concern: "child labour",
        ..NOBODY
    };
    story.intake(20, child, JOSEPH, Level::Medium);
    story.seen(18, "I get two thousand a day. I give it to Mama.");
    story.assessed(14, Level::Medium, "To play football with my class.");
    story.step(
        13,
        10,
        RUTH,
        "Review the assessment",
        answers::approve_assessment(),
    );
    story.note(
        6,
        JOSEPH,
        "Mother did not come to the planning meeting. New date agreed with her by phone.",
    );
}

/// The whole way: helped, closed, and still safe three months later.
pub(super) fn joan(story: &mut Story) {
    let child = Child {
        name: "Joan Nansamba",
        called: "Joan",
        sex: "female",
        age: 12,
        caregiver: ("Rebecca Nansamba", "mother"),
        story: "Ran to the health centre at night after a threat with a knife.",
        channel: "health facility",
        ..NOBODY
    };
    story.intake(190, child, GRACE, Level::High);
    story.seen(190, "I sleep at my friend's now. Her mother is kind.");
    story.assessed(188, Level::High, "That he does not come back.");
    story.planned(183, Level::High, "week");
    story.plan_approved(182);
    story.visit(176, "She sleeps through the night.");
    story.visit(169, "Back in class.");
    story.visit(162, "Mother has a protection order.");
    story.reviewed(157, Level::Low, "close");
    story.closure_proposed(155, Level::Low, 64);
    story.step(
        153,
        9,
        RUTH,
        "Approve the closure",
        answers::approve_closure(),
    );
    let check = answers::check_after_closure(&story.date(62));
    story.step(62, 10, GRACE, "Check after closure", check);
}

/// New today: in the queue of the case workers.
pub(super) fn ivan(story: &mut Story) {
    let child = Child {
        name: "Ivan Wasswa",
        called: "Ivan",
        sex: "male",
        age: 6,
        caregiver: ("Jane Nakabugo", "mother"),
        story: "A neighbour says that the boy sells sweets at the taxi park until late.",
        ..NOBODY
    };
    story.open(0, child, None);
    story.register(0);
}

/// On the telephone right now: the registration is begun.
pub(super) fn faith(story: &mut Story) {
    let child = Child {
        name: "Faith Babirye",
        called: "Faith",
        sex: "female",
        age: 2,
        ..NOBODY
    };
    story.open(0, child, None);
    let typed: &[(&str, &str)] = &[
        ("registration.channel", "helpline 116"),
        ("registration.location.district", "Kampala"),
        (
            "registration.narrative",
            "Caller hears a small child crying behind a locked door since the morning, she thinks",
        ),
    ];
    story.add(0, 9, HELEN, What::Draft("Register the child", typed));
}

/// The review is open and begun.
pub(super) fn samuel(story: &mut Story) {
    let child = Child {
        name: "Samuel Ochieng",
        called: "Sam",
        sex: "male",
        age: 15,
        language: "English",
        concern: "conflict with the law",
        caregiver: ("Paul Ochieng", "uncle"),
        lives_with: "kin",
        story: "Held at Jinja Road police for a stolen phone.",
        channel: "police",
        ..NOBODY
    };
    story.intake(71, child, JOSEPH, Level::Medium);
    story.referral(71, 12, "police CFPU", "24 hours", "CRB 212");
    story.referral(70, 12, "probation", "24 hours", "PSWO 77");
    story.seen(70, "I gave it back. I was hungry.");
    story.assessed(66, Level::Medium, "To learn to repair motorcycles.");
    story.planned(61, Level::Medium, "2 weeks");
    story.plan_approved(60);
    story.visit(47, "Started at the garage.");
    story.visit(34, "The garage owner is content.");
    story.visit(21, "Case at court withdrawn.");
    story.visit(8, "Uncle and Sam have rules now, on a paper on the wall.");
    story.add(
        1,
        15,
        JOSEPH,
        What::Draft(
            "Review the case",
            &[(
                "case_review.child_view",
                "He says: they trust me with the keys now.",
            )],
        ),
    );
}

/// The closure waits for approval.
pub(super) fn amina(story: &mut Story) {
    let child = Child {
        name: "Amina Hassan",
        called: "Amina",
        sex: "female",
        age: 11,
        language: "Arabic",
        concern: "separation",
        caregiver: ("Halima Hassan", "sister, 19"),
        lives_with: "child-headed household",
        story: "Came with her sister; the parents were lost on the way.",
        channel: "NGO",
        status: "refugee",
        ..NOBODY
    };
    story.intake(122, child, GRACE, Level::Low);
    story.referral(121, 12, "refugee partner", "3 days", "RP 5510");
    story.seen(118, "My sister is my mother now.");
    story.assessed(114, Level::Low, "A place at the school near the church.");
    story.planned(110, Level::Low, "month");
    story.plan_approved(109);
    story.visit(79, "She translates for the whole class.");
    story.visit(49, "Sister has work at a tailor's.");
    story.reviewed(20, Level::Low, "close");
    story.closure_proposed(3, Level::Low, -88);
}

/// No protection risk: another service helps.
pub(super) fn moses(story: &mut Story) {
    let child = Child {
        name: "Moses Tendo",
        called: "Moses",
        sex: "male",
        age: 8,
        concern: "denial of maintenance",
        caregiver: ("Annet Tendo", "mother"),
        story: "The father has not paid school fees for a year. The child is well.",
        channel: "self",
        ..NOBODY
    };
    story.intake(30, child, GRACE, Level::None);
    let referral = answers::referral(
        "magistrate court (FCC)",
        "routine",
        "Maintenance claim; the mother has the papers.",
        "FCC 63",
    );
    story.step(28, 10, GRACE, "Refer to another service", referral);
}

/// The visit is late.
pub(super) fn rose(story: &mut Story) {
    let child = Child {
        name: "Rose Nabirye",
        called: "Rose",
        sex: "female",
        age: 5,
        language: "Lusoga",
        caregiver: ("Christine Nabirye", "mother"),
        story: "Left with a twelve-year-old for whole days.",
        channel: "family",
        ..NOBODY
    };
    story.intake(41, child, JOSEPH, Level::Medium);
    story.seen(39, "She showed me her doll and where she hides it.");
    story.assessed(35, Level::Medium, "That Mama is there when it is dark.");
    story.planned(31, Level::Medium, "2 weeks");
    story.plan_approved(30);
    story.visit(17, "Mother has found a day-care at the church.");
    story.note(
        3,
        JOSEPH,
        "Motorcycle in repair; asked for a lift on the next trip to Naguru.",
    );
}

/// Closed, and the check after three months still to come.
pub(super) fn lakot(story: &mut Story) {
    let child = Child {
        name: "Grace Lakot",
        called: "Lakot",
        sex: "female",
        age: 13,
        language: "Acholi",
        caregiver: ("Margaret Lamunu", "grandmother"),
        lives_with: "kin",
        story: "Threatened by an older cousin who has been sent away since.",
        channel: "community leader",
        matters: Some("Netball. I am the goal keeper."),
        ..NOBODY
    };
    story.intake(131, child, JOSEPH, Level::High);
    story.seen(131, "He has gone. I lock the door anyway.");
    story.assessed(129, Level::High, "To play in the district team.");
    story.planned(124, Level::High, "week");
    story.plan_approved(123);
    story.visit(117, "Door has a new lock.");
    story.visit(110, "First match won.");
    story.visit(103, "Sleeps well.");
    story.reviewed(97, Level::Low, "close");
    story.closure_proposed(95, Level::Low, -20);
    story.step(
        93,
        9,
        RUTH,
        "Approve the closure",
        answers::approve_closure(),
    );
}
