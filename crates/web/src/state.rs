//! What every handler of the server shares.

use crate::console::ConsoleState;
use crate::limits::Limiter;
use crate::metrics::Metrics;
use crate::server::Doors;
use crate::source::AppSource;
use app::App;
use app::connections::Connections;
use std::sync::Arc;

/// The program, its connections and the state of the doors; cheap to clone.
#[derive(Clone)]
pub struct Web {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    connections: Option<Arc<Connections>>,
    doors: Doors,
    console: ConsoleState,
    metrics: Metrics,
    limiter: Limiter,
}

impl Web {
    /// Shares a program. Without connections no webhook is accepted.
    #[must_use]
    pub fn new(app: App, connections: Option<Arc<Connections>>, doors: Doors) -> Self {
        let mut console = ConsoleState::new(Arc::new(AppSource::new(app.clone())));
        console.reference = Some(crate::reference::PATH.to_owned());
        let (metrics, limiter) = (Metrics::default(), Limiter::new(doors.limits.clone()));
        Self {
            inner: Arc::new(Inner {
                app,
                connections,
                doors,
                console,
                metrics,
                limiter,
            }),
        }
    }

    /// The program.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.inner.app
    }

    pub(crate) fn connections(&self) -> Option<&Connections> {
        self.inner.connections.as_deref()
    }

    pub(crate) fn doors(&self) -> &Doors {
        &self.inner.doors
    }

    pub(crate) fn console(&self) -> &ConsoleState {
        &self.inner.console
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn limiter(&self) -> &Limiter {
        &self.inner.limiter
    }
}
