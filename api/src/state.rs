//! What every request can reach: the runtime, the templates, the assets.

use crate::assets::Assets;
use crate::page::Templates;
use jiff::tz::TimeZone;
use std::ops::Deref;
use std::sync::Arc;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The parts of the [`AppState`].
pub struct Shared {
    /// Renders pages; made once, at start.
    pub(crate) templates: Templates,
    /// Browser assets inside the program.
    pub(crate) assets: Assets,
    /// The zone in which people read dates and times.
    pub(crate) zone: TimeZone,
    /// Whether cookies are marked `Secure`: the address that people use begins with https.
    pub(crate) https: bool,
}

impl AppState {
    /// Puts the parts together.
    pub(crate) fn new(shared: Shared) -> AppState {
        AppState(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
