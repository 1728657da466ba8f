//! What every request can reach: the runtime, the settings, the templates, the assets.

use crate::access::Remembered;
use crate::assets::Assets;
use crate::attempts::Attempts;
use crate::config::Settings;
use crate::documents::Place;
use crate::error::Error;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::oidc::Issuer;
use crate::page::Templates;
use crate::passwords::Passwords;
use crate::rates::Rates;
use crate::session::SignedIn;
use processes::Calendar;
use runtime::{Act, Answer, Request, Runtime};
use std::ops::Deref;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The parts of the [`AppState`].
pub struct Shared {
    /// Where everything is asked and kept.
    pub runtime: Runtime,
    /// The options of the program.
    pub settings: Settings,
    /// Renders pages; made once, at start.
    pub(crate) templates: Templates,
    /// Renders forms.
    pub(crate) forms: forms::Renderer,
    pub(crate) passwords: Passwords,
    pub(crate) attempts: Attempts,
    pub(crate) rates: Rates,
    /// Who is given what.
    pub(crate) access: Remembered,
    /// Whose access tokens are believed.
    pub(crate) issuer: Option<Issuer>,
    pub(crate) metrics: Metrics,
    pub(crate) health: Health,
    /// What is being done for clients that have left.
    pub(crate) left: TaskTracker,
    /// Where the bytes of documents lie.
    pub(crate) documents: Place,
}

impl Shared {
    /// The parts that are made from others.
    ///
    /// # Errors
    /// Names the template that is wrong, why no connection to the issuer can be made, or what of the bucket is wrong.
    pub fn new(runtime: Runtime, settings: Settings, assets: Assets) -> Result<Shared, String> {
        let metrics = Metrics::new(&runtime);
        let rates = Rates::new(settings.rates);
        let issuer = settings.issuer.clone().map(Issuer::new).transpose()?;
        Ok(Shared {
            documents: Place::open(&settings.documents)?,
            runtime,
            settings,
            templates: Templates::load(assets)?,
            forms: forms::Renderer::new(),
            passwords: Passwords::default(),
            attempts: Attempts::default(),
            rates,
            access: Remembered::default(),
            issuer,
            metrics,
            health: Health::default(),
            left: TaskTracker::new(),
        })
    }
}

impl Shared {
    /// The working days of the organisation, and the zone in which people read dates.
    pub(crate) fn calendar(&self) -> Arc<Calendar> {
        let catalog = self.runtime.catalog();
        let deployed = catalog.organisation_calendar();
        deployed.map_or_else(
            || self.settings.calendar.clone(),
            |deployed| deployed.calendar.clone(),
        )
    }
}

impl AppState {
    /// Puts the parts together.
    pub fn new(shared: Shared) -> AppState {
        AppState(Arc::new(shared))
    }

    /// Does all of `acts`, or none, in the name of `user`.
    pub(crate) async fn submit(&self, user: &SignedIn, acts: Vec<Act>) -> Result<Answer, Error> {
        Ok(self
            .runtime
            .submit(Request {
                acts,
                ..Request::by(&user.name)
            })
            .await?)
    }

    /// Notes in the audit trail that `user` has looked at something of a person; the subject is for example `cases/CP-17`.
    pub(crate) async fn looked_at(&self, user: &SignedIn, subject: String) -> Result<(), Error> {
        let act = Act::audit("read", subject, None);
        self.submit(user, vec![act]).await.map(drop)
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
