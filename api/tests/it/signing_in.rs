//! Signing in and out, sessions, roles, and what other sites may not do.

use crate::support::{PASSWORD, Site};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};

#[tokio::test]
async fn the_right_password_leads_to_the_page_asked_for_and_a_wrong_one_says_the_same_as_an_unknown_name()
 {
    let site = Site::new().await;
    let asked = site.get("/processes?a=b").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    assert_eq!(asked.location(), "/signin?next=%2Fprocesses%3Fa%3Db");
    assert!(
        site.get(asked.location())
            .await
            .body
            .contains("value=\"/processes?a&#x3D;b\"")
    );

    let right = site.try_sign_in("grace", PASSWORD, "/processes?a=b").await;
    assert_eq!(
        (right.status, right.location()),
        (StatusCode::SEE_OTHER, "/processes?a=b")
    );

    let wrong = site.try_sign_in("grace", "a wrong password", "/").await;
    let unknown = site.try_sign_in("nobody", "a wrong password", "/").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("The name or the password is wrong."));
    assert_eq!(wrong.header("set-cookie"), "");
    assert_eq!(
        wrong.body.replace("grace", ""),
        unknown.body.replace("nobody", "")
    );
}

#[tokio::test]
async fn the_sign_ins_of_the_demonstration_are_offered_there_only() {
    let real = Site::new().await.get("/signin").await;
    assert!(!real.body.contains("caseway-demo"), "{}", real.body);

    let demonstration = Site::demonstration().await.get("/signin").await;
    assert!(demonstration.body.contains("caseway-demo"));
    assert!(demonstration.body.contains("Grace Auma"));
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let site = Site::new().await;
    let cookie = site
        .try_sign_in("grace", PASSWORD, "/")
        .await
        .header("set-cookie")
        .to_owned();
    assert!(
        cookie.contains("; HttpOnly; SameSite=Lax; Path=/; Max-Age=43200"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"), "{cookie}");
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    assert_eq!(token.len(), 64, "256 bits");
    assert!(
        site.runtime
            .document("sessions", token)
            .await
            .unwrap()
            .is_none(),
        "only a hash is stored"
    );

    let options = api::config::Options {
        https: Some(true),
        ..Default::default()
    };
    let site = Site::with(options).await;
    site.people().await;
    assert!(
        site.try_sign_in("grace", PASSWORD, "/")
            .await
            .header("set-cookie")
            .ends_with("; Secure")
    );
}

#[tokio::test]
async fn after_sign_in_nobody_is_led_to_another_site() {
    let site = Site::new().await;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        assert_eq!(
            site.try_sign_in("grace", PASSWORD, next).await.location(),
            "/",
            "{next}"
        );
    }
}

#[tokio::test]
async fn each_role_begins_where_its_work_is() {
    let site = Site::new().await;
    for (name, start) in [
        ("grace", "/inbox"),
        ("ruth", "/team"),
        ("daniel", "/processes"),
        ("admin", "/processes"),
    ] {
        assert_eq!(
            site.sign_in(name).await.get("/").await.location(),
            start,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_session_ends_by_rest_by_age_and_by_signing_out() {
    let site = Site::new().await;

    let grace = site.sign_in("grace").await;
    site.wait(59).await;
    assert_eq!(grace.get("/processes").await.status, StatusCode::OK);
    site.wait(59).await;
    assert_eq!(
        grace.get("/processes").await.status,
        StatusCode::OK,
        "each use begins the rest anew"
    );
    site.wait(60).await;
    assert_eq!(
        grace.get("/processes").await.location(),
        "/signin?next=%2Fprocesses"
    );

    let grace = site.sign_in("grace").await;
    for _ in 0..12 {
        assert_eq!(grace.get("/processes").await.status, StatusCode::OK);
        site.wait(59).await;
    }
    assert_eq!(grace.get("/processes").await.status, StatusCode::OK);
    site.wait(12).await;
    assert_eq!(
        grace.get("/processes").await.status,
        StatusCode::SEE_OTHER,
        "twelve hours are over"
    );

    let grace = site.sign_in("grace").await;
    let out = grace.post("/signout", &[]).await;
    assert_eq!(out.location(), "/signin");
    assert!(
        out.header("set-cookie").starts_with("caseway=; "),
        "{}",
        out.header("set-cookie")
    );
    assert_eq!(
        grace.get("/processes").await.status,
        StatusCode::SEE_OTHER,
        "the old cookie is worthless"
    );
}

#[tokio::test]
async fn an_invented_cookie_is_worthless() {
    let site = Site::new().await;
    let request = Request::get("/processes").header(header::COOKIE, "caseway=00112233");
    assert_eq!(
        site.send(request.body(Body::empty()).unwrap()).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn after_too_many_wrong_passwords_even_the_right_one_waits() {
    let site = Site::new().await;
    for _ in 0..10 {
        assert_eq!(
            site.try_sign_in("grace", "a wrong password", "/")
                .await
                .status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    let refused = site.try_sign_in("grace", PASSWORD, "/").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        refused.body.contains("Wait 15 minutes, then try again."),
        "{}",
        refused.body
    );
    assert_eq!(
        site.try_sign_in("ruth", PASSWORD, "/").await.status,
        StatusCode::SEE_OTHER,
        "others are not affected"
    );
    site.wait(15).await;
    assert_eq!(
        site.try_sign_in("grace", PASSWORD, "/").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_form_without_the_token_of_its_session_changes_nothing() {
    let site = Site::new().await;
    let grace = site.sign_in("grace").await;
    let ruth = site.sign_in("ruth").await;
    for fields in [&[][..], &[("csrf", "")], &[("csrf", ruth.csrf.as_str())]] {
        let answer = grace.post_as_it_is("/signout", fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{fields:?}");
        assert!(answer.body.contains("Nothing was changed."));
    }
    assert_eq!(
        grace.get("/processes").await.status,
        StatusCode::OK,
        "still signed in"
    );
}

#[tokio::test]
async fn a_request_from_another_site_is_refused_even_with_the_token() {
    let site = Site::new().await;
    let grace = site.sign_in("grace").await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let request = grace
            .request("POST", "/signout")
            .header(name, value)
            .header(header::HOST, "localhost:8080");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = site
            .send(
                request
                    .body(Body::from(format!("csrf={}", grace.csrf)))
                    .unwrap(),
            )
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert!(answer.body.contains("This did not come from our own pages"));
    }
    let request = Request::post("/signin").header("sec-fetch-site", "cross-site");
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        answer.status,
        StatusCode::FORBIDDEN,
        "nobody is signed in as somebody else"
    );
}

#[tokio::test]
async fn what_a_role_may_not_do_is_refused_by_the_server() {
    let site = Site::new().await;
    let grace = site.sign_in("grace").await;
    let answer = grace.upload(&[("a.bpmn", b"<a/>")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer
            .body
            .contains("It is for this role: designer or administrator."),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("Grace Auma"),
        "the page keeps its header"
    );
    assert_eq!(
        grace.get("/processes/uploads/x").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_script_whose_session_has_ended_is_told_so_instead_of_being_led_away() {
    let site = Site::new().await;
    let request = Request::post("/signout")
        .header("x-csrf-token", "old")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(
        site.send(request.body(Body::empty()).unwrap()).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_form_of_an_ended_session_comes_back_to_its_page_after_sign_in() {
    let site = Site::new().await;
    let request = Request::post("/signout").header(header::HOST, "localhost:8080");
    let request = request.header(header::REFERER, "http://localhost:8080/tasks/42");
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.location(), "/signin?next=%2Ftasks%2F42");
}

#[tokio::test]
async fn an_empty_installation_says_how_to_add_the_first_administrator() {
    let site = Site::empty().await;
    assert!(site.get("/signin").await.body.contains("caseway user add"));
    site.people().await;
    assert!(!site.get("/signin").await.body.contains("caseway user add"));
}
