//! Pages: a handler answers with a [`Page`]; the layout is put around it in one place.
//!
//! ```text
//! async fn show(user: SignedIn, ...) -> Result<Page, Error> {
//!     Ok(Page::new("inbox", "My tasks").section(Section::Inbox).model(&view))
//! }
//! ```
//!
//! `templates/inbox.hbs` is rendered with the model (an object) and two more names: `csrf` (print it with
//! `{{> partials/csrf}}` in every form) and `me` (`{name, displayName, initials, role, roles, teams}`, absent before sign-in).
//! Then `templates/layout.hbs` is rendered with both and `title`, `nav` (`[{text, href, current}]`), `body`, `banner` (HTML),
//! `diagram` (true where the diagram viewer is needed), `canSearch` (people and cases), `until` (when the session ends) and `version`. The helper
//! `{{asset "app.css"}}` gives the address of a browser asset.

use crate::assets::Assets;
use crate::error::{self, Error};
use crate::roles::Role;
use crate::security::ShowsDiagram;
use crate::session::{SignedIn, Viewer};
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, RenderErrorReason,
};
use jiff::tz::TimeZone;
use rust_embed::RustEmbed;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The entries of the main navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Inbox,
    Cases,
    Team,
    Processes,
    Calendars,
}

impl Section {
    const ALL: [Section; 5] = [
        Section::Inbox,
        Section::Cases,
        Section::Team,
        Section::Processes,
        Section::Calendars,
    ];

    fn entry(self) -> (&'static str, &'static str, &'static [Role]) {
        match self {
            Section::Inbox => ("Inbox", "/inbox", crate::roles::CASE_WORK),
            Section::Cases => ("Cases", "/cases", crate::roles::CASE_WORK),
            Section::Team => ("Team", "/team", crate::roles::LEADING),
            Section::Processes => ("Processes", "/processes", crate::roles::ANYONE),
            Section::Calendars => ("Calendars", "/admin/calendars", crate::roles::DESIGN),
        }
    }
}

/// What a handler answers; see the head of this file.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    template: &'static str,
    title: String,
    status: StatusCode,
    section: Option<Section>,
    model: Value,
    banner: Option<String>,
    diagram: bool,
}

impl Page {
    /// A page from `templates/<template>.hbs`.
    pub(crate) fn new(template: &'static str, title: impl Into<String>) -> Page {
        let (status, model) = (StatusCode::OK, json!({}));
        Page {
            template,
            title: title.into(),
            status,
            section: None,
            model,
            banner: None,
            diagram: false,
        }
    }

    /// What the template prints: anything that serialises as an object.
    pub(crate) fn model(mut self, model: &impl Serialize) -> Page {
        self.model =
            serde_json::to_value(model).expect("view models are plain data with text keys");
        self
    }

    /// The entry of the navigation that is marked as current.
    pub(crate) fn section(mut self, section: Section) -> Page {
        self.section = Some(section);
        self
    }

    /// The status, where it is not 200.
    pub(crate) fn status(mut self, status: StatusCode) -> Page {
        self.status = status;
        self
    }

    /// HTML between the header and the page: the banner of a person.
    pub(crate) fn banner(mut self, html: String) -> Page {
        self.banner = Some(html);
        self
    }

    /// The page shows a diagram: loads the viewer and allows its style attributes.
    pub(crate) fn diagram(mut self) -> Page {
        self.diagram = true;
        self
    }
}

/// Travels in the response until [`chrome`] renders it.
impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Around all pages: renders the [`Page`] or the [`Error`] that a handler answered with, for whoever is looking.
pub(crate) async fn chrome(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let viewer = request
        .extensions()
        .get::<Viewer>()
        .cloned()
        .unwrap_or_default();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Arc<Error>>() {
        return error::answer(&state, &viewer, &problem, &method, &path);
    }
    match response.extensions_mut().remove::<Arc<Page>>() {
        None => response,
        Some(page) => match state.templates.response(&state, viewer.signed_in(), &page) {
            Ok(rendered) => rendered,
            Err(problem) => error::answer(&state, &viewer, &problem, &Method::GET, &path),
        },
    }
}

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/templates"]
struct Sources;

/// The compiled templates, named by their path in `templates` without the ending.
pub(crate) struct Templates(Handlebars<'static>);

impl Templates {
    /// Compiles all templates.
    ///
    /// # Errors
    /// Names the template that is wrong, and where.
    pub(crate) fn load(assets: Assets) -> Result<Templates, String> {
        let mut registry = Handlebars::new();
        for path in Sources::iter().filter(|path| path.ends_with(".hbs")) {
            let file = Sources::get(&path).expect("the name comes from the list of files");
            let text = String::from_utf8_lossy(&file.data);
            let name = path.trim_end_matches(".hbs");
            registry
                .register_template_string(name, text)
                .map_err(|problem| format!("template {path}: {problem}"))?;
        }
        registry.register_helper("asset", Box::new(AssetHelper(assets)));
        Ok(Templates(registry))
    }

    /// A part of a page, such as a banner.
    pub(crate) fn fragment(&self, template: &str, model: &impl Serialize) -> Result<String, Error> {
        self.0
            .render(template, model)
            .map_err(|problem| Error::Bug(format!("template {template}: {problem}")))
    }

    /// The whole page as an answer.
    pub(crate) fn response(
        &self,
        state: &AppState,
        user: Option<&SignedIn>,
        page: &Page,
    ) -> Result<Response, Error> {
        let html = self.page(user, page, state.calendar().zone())?;
        let mut response = (page.status, Html(html)).into_response();
        if page.diagram {
            response.extensions_mut().insert(ShowsDiagram);
        }
        Ok(response)
    }

    fn page(&self, user: Option<&SignedIn>, page: &Page, zone: &TimeZone) -> Result<String, Error> {
        let mut model = page.model.clone();
        let object = model
            .as_object_mut()
            .ok_or_else(|| Error::Bug(format!("the model of {} is no object", page.template)))?;
        let mut layout =
            json!({ "title": page.title, "banner": page.banner, "diagram": page.diagram });
        let around = layout.as_object_mut().expect("it is written as one");
        let shared = [
            ("csrf", json!(user.map(|user| &user.session().csrf))),
            ("me", json!(user.map(me))),
        ];
        for (name, value) in shared {
            object.insert(name.into(), value.clone());
            around.insert(name.into(), value);
        }
        around.insert("version".into(), env!("CARGO_PKG_VERSION").into());
        around.insert(
            "nav".into(),
            user.map_or(json!([]), |user| navigation(user, page.section)),
        );
        let until = user.map(|user| user.session().ends_at.to_zoned(zone.clone()));
        around.insert(
            "until".into(),
            json!(until.map(|until| until.strftime("%H:%M").to_string())),
        );
        let can_search = user.is_some_and(|user| user.has_any(crate::roles::CASE_WORK));
        around.insert("canSearch".into(), can_search.into());
        around.insert("body".into(), self.fragment(page.template, &model)?.into());
        self.fragment("layout", &layout)
    }
}

fn me(user: &SignedIn) -> Value {
    json!({
        "name": user.name, "displayName": user.display_name, "initials": user.initials(),
        "role": user.main_role(), "roles": user.roles, "teams": user.teams,
    })
}

fn navigation(user: &SignedIn, current: Option<Section>) -> Value {
    let visible = Section::ALL
        .into_iter()
        .filter(|section| user.has_any(section.entry().2));
    let entry = |section: Section| {
        let (text, href, _) = section.entry();
        json!({ "text": text, "href": href, "current": current == Some(section) })
    };
    visible.map(entry).collect()
}

struct AssetHelper(Assets);

impl handlebars::HelperDef for AssetHelper {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = helper.param(0).and_then(|name| name.value().as_str());
        let name = name.ok_or(RenderErrorReason::ParamNotFoundForIndex("asset", 0))?;
        out.write(&self.0.address(name))?;
        Ok(())
    }
}
