//! The whole server in the process of the test: a new SQLite file, a clock that stands, and people who use it.

mod described;
pub(crate) mod home_visit;

use api::assets::Assets;
use api::config::{Options, Purpose, Settings};
use api::roles::Role;
use api::server;
use api::state::{AppState, Shared};
use api::users::User;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::SignedDuration;
use processes::cases::{self, Open, Who};
use processes::people::Details;
use runtime::{Act, Clock, Resource, Runtime, TaskQuery};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use store::Store;
use tower::ServiceExt;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "a long password";

/// A caseworker of a team who is added to the usual ones.
pub(crate) fn worker(name: &str, display_name: &str, team: &str) -> User {
    User {
        name: name.into(),
        display_name: display_name.into(),
        email: None,
        roles: vec![Role::Caseworker],
        teams: vec![team.into()],
        password: api::passwords::hash(PASSWORD).unwrap(),
    }
}

/// The page has this status and all of these texts.
#[track_caller]
pub(crate) fn says(answer: &Answer, status: StatusCode, texts: &[&str]) {
    assert_eq!(answer.status, status, "{}", answer.body);
    for text in texts {
        assert!(answer.body.contains(text), "no {text:?} in {}", answer.body);
    }
}

/// The browser is sent to another address.
#[track_caller]
pub(crate) fn leads_to(answer: &Answer, address: impl AsRef<str>) {
    let there = (answer.status, answer.location());
    let expected = (StatusCode::SEE_OTHER, address.as_ref());
    assert_eq!(there, expected, "{}", answer.body);
}

/// A folder of its own for each test, removed at the end.
pub(crate) struct Folder(pub PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "caseway-test-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that is not on the network.
pub(crate) struct Site {
    pub(crate) runtime: Runtime,
    pub(crate) clock: Clock,
    router: Router,
    metrics: Router,
    /// The folder of the database.
    pub(crate) folder: PathBuf,
    _folder: Folder,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|problem| panic!("{problem}: {}", self.body))
    }
}

impl Site {
    /// An installation where nobody can sign in yet.
    pub(crate) async fn empty() -> Site {
        Site::with(Options::default()).await
    }

    /// An installation with one user of each role.
    pub(crate) async fn new() -> Site {
        let site = Site::empty().await;
        site.people().await;
        site
    }

    /// Deploys a file without asking the API.
    pub(crate) async fn install(&self, name: &str, text: &str) {
        let resources = vec![Resource::new(name, text)];
        let request = runtime::Request::by("test").act(Act::Deploy { resources });
        self.runtime.submit(request).await.unwrap();
    }

    /// Opens a case of Grace's about a new person; gives its reference.
    pub(crate) async fn case_of_grace(&self, pathway: &str, calendar: Option<&str>) -> String {
        let open = Open {
            actor: "grace".into(),
            person: Who::New(Details {
                name: "Amina Nakato".into(),
                ..Details::default()
            }),
            pathway: pathway.into(),
            worker: Some("grace".into()),
            calendar: calendar.map(str::to_owned),
        };
        let opened = cases::open(&self.runtime, open).await.unwrap();
        opened.case.reference
    }

    /// The names of the open tasks, the oldest first.
    pub(crate) async fn tasks(&self) -> Vec<String> {
        let tasks = self.runtime.tasks(&TaskQuery::default()).await.unwrap();
        tasks.into_iter().map(|task| task.name).collect()
    }

    /// The demonstration, without its cases.
    pub(crate) async fn demonstration() -> Site {
        Site::made(Options::default(), Purpose::Demo).await
    }

    /// An installation whose API asks for no password.
    pub(crate) async fn open_api() -> Site {
        Site::with(Options {
            insecure_no_auth: Some(true),
            ..Options::default()
        })
        .await
    }

    pub(crate) async fn with(options: Options) -> Site {
        Site::made(options, Purpose::Work).await
    }

    async fn made(options: Options, purpose: Purpose) -> Site {
        let folder = Folder::new();
        let database = format!("sqlite:{}", folder.0.join("test.db").display());
        let options = Options {
            database: Some(database.clone()),
            data: Some(folder.0.clone()),
            ..options
        };
        let settings = Settings::load(options, purpose).unwrap();
        let clock = Clock::test("2026-03-02T06:00:00Z".parse().unwrap());
        let store = Store::open(&database).await.unwrap();
        let runtime = Runtime::open(store, clock.clone(), runtime::Options::default())
            .await
            .unwrap();
        let shared = Shared::new(runtime.clone(), settings, Assets::default()).unwrap();
        let state = AppState::new(shared);
        Site {
            runtime,
            clock,
            metrics: api::metrics::router(state.clone()),
            router: server::router(state),
            folder: folder.0.clone(),
            _folder: folder,
        }
    }

    pub(crate) async fn people(&self) {
        let hash = api::passwords::hash(PASSWORD).unwrap();
        let person = |name: &str, display_name: &str, role: Role, team: &str| User {
            name: name.into(),
            display_name: display_name.into(),
            email: None,
            roles: vec![role],
            teams: vec![team.into()],
            password: hash.clone(),
        };
        let acts: Vec<Act> = [
            person("grace", "Grace Auma", Role::Caseworker, "caseworkers"),
            person("ruth", "Ruth Namatovu", Role::Supervisor, "supervisors"),
            person("daniel", "Daniel Mugisha", Role::Designer, ""),
            person("admin", "Amina Nansubuga", Role::Administrator, ""),
        ]
        .iter()
        .map(User::added)
        .collect();
        self.runtime
            .submit(runtime::Request {
                acts,
                ..runtime::Request::by("test")
            })
            .await
            .unwrap();
    }

    /// Lets time pass, and what is due happen.
    pub(crate) async fn wait(&self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
        self.runtime.wait_idle().await;
    }

    /// Sends any request.
    /// Sends a request and goes away when it has been at work so many times; whether it was answered before.
    pub(crate) async fn send_and_leave(&self, request: Request<Body>, times: usize) -> bool {
        let mut answer = std::pin::pin!(self.router.clone().oneshot(request));
        let mut worked = 0;
        std::future::poll_fn(|context| {
            worked += 1;
            match answer.as_mut().poll(context) {
                Poll::Ready(_) => Poll::Ready(true),
                Poll::Pending if worked < times => Poll::Pending,
                Poll::Pending => Poll::Ready(false),
            }
        })
        .await
    }

    /// What comes to who takes these encodings, as it comes.
    pub(crate) async fn packed(&self, path: &str, encodings: &str) -> (HeaderMap, Vec<u8>) {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, encodings);
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (parts.headers, bytes.to_vec())
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let asked = (
            request.method().to_string(),
            request.uri().path().to_owned(),
        );
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        };
        described::check(&asked.0, &asked.1, &answer);
        answer
    }

    /// What Prometheus reads.
    pub(crate) async fn metrics(&self) -> String {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let response = self.metrics.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// Reads a page as somebody who is not signed in.
    /// Deploys a file through the open API.
    pub(crate) async fn try_deploy(&self, name: &str, text: &str) -> Answer {
        let mut body = part("resources", Some(name), text.as_bytes());
        body.extend(b"--edge--\r\n");
        let request = Request::post("/v2/deployments")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The same with a file that can be deployed.
    pub(crate) async fn deploy(&self, name: &str, text: &str) {
        let answer = self.try_deploy(name, text).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }

    /// Asks the open API.
    pub(crate) async fn post_json(&self, path: &str, body: serde_json::Value) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub(crate) async fn patch_json(&self, path: &str, body: serde_json::Value) -> Answer {
        let request = Request::patch(path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// Asks the open API by any method; `null` is no body.
    pub(crate) async fn ask_json(
        &self,
        method: &str,
        path: &str,
        body: serde_json::Value,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// Posts the sign-in form.
    pub(crate) async fn try_sign_in(&self, name: &str, password: &str, next: &str) -> Answer {
        let fields = [("name", name), ("password", password), ("next", next)];
        let request = Request::post("/signin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(encoded(&fields))).unwrap())
            .await
    }

    /// Signs in; panics where that fails.
    pub(crate) async fn sign_in(&self, name: &str) -> Browser<'_> {
        let answer = self.try_sign_in(name, PASSWORD, "/").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let cookie = answer
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let mut browser = Browser {
            site: self,
            cookie,
            csrf: String::new(),
        };
        let page = browser.get("/processes").await;
        browser.csrf = page
            .body
            .split_once("name=\"csrf\" value=\"")
            .unwrap()
            .1
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        browser
    }
}

/// Somebody who is signed in.
pub(crate) struct Browser<'a> {
    site: &'a Site,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl Browser<'_> {
    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, &self.cookie)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.site
            .send(self.request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    /// Sends a request that was made with [`Browser::request`].
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.site.send(request).await
    }

    /// Posts a form with its CSRF token.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend_from_slice(fields);
        self.post_as_it_is(path, &all).await
    }

    /// Posts a form without adding a token.
    pub(crate) async fn post_as_it_is(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.site
            .send(request.body(Body::from(encoded(fields))).unwrap())
            .await
    }

    /// Uploads files as the form on the processes page does.
    pub(crate) async fn upload(&self, files: &[(&str, &[u8])]) -> Answer {
        let mut body = part("csrf", None, self.csrf.as_bytes());
        for (name, bytes) in files {
            body.extend(part("files", Some(name), bytes));
        }
        body.extend(b"--edge--\r\n");
        let request = self.request("POST", "/processes/uploads");
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.site
            .send(request.body(Body::from(body)).unwrap())
            .await
    }

    /// Uploads files and opens the report.
    pub(crate) async fn report(&self, files: &[(&str, &[u8])]) -> Answer {
        let answer = self.upload(files).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        self.get(answer.location()).await
    }
}

/// One part of a multipart body with the boundary `edge`.
pub(crate) fn part(name: &str, file: Option<&str>, bytes: &[u8]) -> Vec<u8> {
    let file = file.map_or(String::new(), |file| format!("; filename=\"{file}\""));
    let mut part =
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
            .into_bytes();
    part.extend_from_slice(bytes);
    part.extend_from_slice(b"\r\n");
    part
}

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}
