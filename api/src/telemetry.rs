//! Where the log goes, and, in a program that was built with `--features otlp`, the spans.
//!
//! Spans are of requests (method, route, status), batches, commits and commands (instance, definition, name): none of them
//! knows people or variables.

use std::io::IsTerminal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Keeps what sends the spans; when it goes, what is left of them is sent.
pub(crate) struct Telemetry {
    #[cfg(feature = "otlp")]
    spans: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Starts the log with the filter of `--log`.
///
/// # Errors
/// Names the option and the way out.
pub(crate) fn start(log: &str) -> Result<Telemetry, String> {
    let filter = EnvFilter::try_new(log)
        .map_err(|problem| format!("--log {log:?}: {problem}; write for example --log info"))?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_filter(filter);
    let registry = tracing_subscriber::registry().with(lines);
    #[cfg(feature = "otlp")]
    {
        let spans = otlp::provider()?;
        registry.with(spans.as_ref().map(otlp::layer)).init();
        Ok(Telemetry { spans })
    }
    #[cfg(not(feature = "otlp"))]
    {
        registry.init();
        Ok(Telemetry {})
    }
}

#[cfg(feature = "otlp")]
impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(spans) = &self.spans {
            // Nobody is left to be told.
            let _ = spans.shutdown();
        }
    }
}

#[cfg(feature = "otlp")]
mod otlp {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::SpanExporter;
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::Subscriber;
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::registry::LookupSpan;

    /// The variable of the standard that names the collector, such as `http://localhost:4318`. Without it nothing is sent.
    const COLLECTOR: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// The crates whose spans are sent.
    const SPANS: [&str; 2] = ["api", "runtime"];

    pub(super) fn provider() -> Result<Option<SdkTracerProvider>, String> {
        if std::env::var_os(COLLECTOR).is_none() {
            return Ok(None);
        }
        crate::fetch::encryption();
        let exporter = SpanExporter::builder().with_http().build();
        let exporter = exporter.map_err(|problem| {
            format!("{COLLECTOR}: {problem}; write for example {COLLECTOR}=http://localhost:4318")
        })?;
        let resource = Resource::builder().with_service_name("caseway").build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_batch_exporter(exporter);
        Ok(Some(provider.build()))
    }

    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(
        provider: &SdkTracerProvider,
    ) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("caseway"))
            // Events are for the log: what they say of errors may name files.
            .with_filter(filter_fn(|metadata| {
                metadata.is_span()
                    && SPANS.contains(&metadata.target().split("::").next().unwrap_or_default())
            }))
    }
}
