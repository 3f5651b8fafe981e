//! One server, from its configuration to its end.

use std::future::Future;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use supacrypt_core::{Error, Principal, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::audit::{AuditLog, Options};
use crate::authz::ClosedRule;
use crate::config::{Config, CustodianSettings, SealChoice};
use crate::custody::{
    AwsCustodian, Custodian, Custodians, Opening, Pkcs11Custodian, SoftwareCustodian,
};
use crate::endpoints::Endpoints;
use crate::grpc;
use crate::keyrings::Keyrings;
use crate::keys::{Keys, is_sealed, unlock};
use crate::objects::Objects;
use crate::pins::Pins;
use crate::seal::{FileSeal, PassphraseSeal, Seal};
use crate::service::{Resources, Service};
use crate::store::Store;
use crate::telemetry::{self, Metrics, Readiness};
use crate::transport::{Acceptor, server_config};
use crate::watch::Watchers;

/// How often keys are looked for whose recovery window has ended.
const PURGE_INTERVAL: Duration = Duration::from_secs(60);

/// A server that is ready to run: its addresses are bound, its store is open, its keys are unsealed.
pub struct Server {
    config: Config,
    service: Arc<Service>,
    store: Arc<Store>,
    metrics: Arc<Metrics>,
    acceptor: Acceptor,
    listener: TcpListener,
    metrics_listener: TcpListener,
    endpoints: Endpoints,
}

impl Server {
    /// Builds the server that `config` describes.
    ///
    /// # Errors
    /// [`Reason::Configuration`] for what the configuration can mend; [`Reason::StoreUnavailable`],
    /// [`Reason::SealUnavailable`], [`Reason::AuditUnavailable`] for what lies in the data
    /// directory.
    pub async fn build(config: Config) -> Result<Server> {
        let tls = server_config(&config.tls)?;
        make_data_dir(&config.data_dir)?;
        let listener = bind("listen.grpc", config.listen.grpc).await?;
        let metrics_listener = bind("listen.metrics", config.listen.metrics).await?;
        let endpoints = Endpoints::of(&listener, &metrics_listener)?;

        let metrics = Metrics::new();
        let store = Arc::new(Store::open(&config.data_dir).await?);
        let remote = custodians(&config, &store.id().await?, &metrics).await?;
        let envelope = Arc::new(unsealed(&config, &store, &remote).await?);
        let keyrings = Keyrings::open(Arc::clone(&store)).await?;
        let pins = Pins::open(Arc::clone(&store), Arc::clone(&envelope)).await?;
        let watchers = Arc::<Watchers>::default();
        let software = SoftwareCustodian::new(Arc::clone(&envelope));
        let custodians = Arc::new(remote.with(Arc::new(software)));
        let cached_keys = config.cache.keys.get() as u64;
        let keys = Keys::new(Arc::clone(&store), custodians, cached_keys, Arc::clone(&watchers));
        let objects = Objects::new(Arc::clone(&store), envelope, Arc::clone(&watchers));
        let options = Options { durability: config.audit.sync, ..Options::default() };
        let audit = AuditLog::open(&config.data_dir.join("audit"), options, metrics.audit.clone())?;

        let admins = config.authorization.admins.iter().map(|name| Principal::new(name.as_str()));
        let authorizer = Box::new(ClosedRule::new(admins, keyrings.grants()));
        let acceptor = Acceptor::new(tls, &config.limits, Arc::clone(&audit), Arc::clone(&metrics));
        let service = Service::new(
            Resources { keyrings, pins, keys, objects, watchers },
            authorizer,
            audit,
            Arc::clone(&metrics),
            &config.limits,
            CancellationToken::new(),
        );
        Ok(Server {
            config,
            service,
            store,
            metrics,
            acceptor,
            listener,
            metrics_listener,
            endpoints,
        })
    }

    /// The addresses it listens on.
    pub fn endpoints(&self) -> Endpoints {
        self.endpoints
    }

    /// Serves until `shutdown` completes; then finishes what is running, within
    /// `drain_timeout`, and closes everything.
    ///
    /// # Errors
    /// [`Reason::Internal`] when the server fails as a whole.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let Server { config, service, store, metrics, .. } = self;
        let monitoring = CancellationToken::new();
        let readiness = readiness(&store, &service);
        let monitor = tokio::spawn(telemetry::serve(
            self.metrics_listener,
            metrics,
            Arc::new(readiness),
            monitoring.clone().cancelled_owned(),
        ));
        let purge = tokio::spawn(purge_periodically(Arc::clone(&service)));
        self.endpoints.write(&config.data_dir)?;
        tracing::info!(
            grpc = %self.endpoints.grpc, metrics = %self.endpoints.metrics,
            version = env!("CARGO_PKG_VERSION"), "listening"
        );

        let connections = self.acceptor.accept(self.listener, service.draining().clone())?;
        let mut serving =
            std::pin::pin!(grpc::serve(Arc::clone(&service), connections, &config.limits));
        let served = tokio::select! {
            served = &mut serving => served,
            () = shutdown => {
                tracing::info!("draining: finishing what is running, refusing what is new");
                service.draining().cancel();
                let drained = tokio::time::timeout(config.drain_timeout, serving).await;
                drained.unwrap_or_else(|_| {
                    tracing::warn!("some requests were still running after drain_timeout");
                    Ok(())
                })
            }
        };

        purge.abort();
        monitoring.cancel();
        // A scraper that is slow to read is not waited for.
        monitor.abort();
        Endpoints::remove(&config.data_dir);
        service.audit.sync().await?;
        store.close().await;
        tracing::info!("stopped");
        served
    }
}

/// The custodians that are configured.
async fn custodians(config: &Config, store: &str, metrics: &Metrics) -> Result<Custodians> {
    let mut named: Vec<Arc<dyn Custodian>> = Vec::new();
    for (name, settings) in &config.custodians {
        let opening = Opening { name, store, metrics: &metrics.custodians };
        named.push(match settings {
            CustodianSettings::Aws(settings) => {
                Arc::new(AwsCustodian::open(opening, settings).await?)
            }
            CustodianSettings::Pkcs11(settings) => {
                Arc::new(Pkcs11Custodian::open(opening, settings).await?)
            }
        });
    }
    Ok(Custodians::new(named))
}

fn readiness(store: &Arc<Store>, service: &Arc<Service>) -> Readiness {
    let (store, audit) = (Arc::clone(store), Arc::clone(&service.audit));
    let draining = service.draining().clone();
    Readiness::new()
        .with("store", move || {
            let store = Arc::clone(&store);
            async move { store.check().await }
        })
        .with("audit", move || std::future::ready(audit.check()))
        .with("serving", move || {
            std::future::ready(match draining.is_cancelled() {
                true => Err(crate::service::draining()),
                false => Ok(()),
            })
        })
}

async fn purge_periodically(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(PURGE_INTERVAL);
    loop {
        ticks.tick().await;
        match service.keys.purge_due().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "purged keys whose recovery window ended"),
            Err(error) => tracing::error!("keys could not be purged, trying again: {error}"),
        }
    }
}

/// The store's wrapping key. A file for a seal is made for a new store only.
async fn unsealed(config: &Config, store: &Store, custodians: &Custodians) -> Result<EnvelopeKey> {
    let open = async |choice: &SealChoice, create| -> Result<Box<dyn Seal>> {
        Ok(match choice {
            SealChoice::File { path } => {
                let default = || config.data_dir.join("seal.key");
                let path = path.clone().unwrap_or_else(default);
                Box::new(FileSeal::open(&path, create)?) as Box<dyn Seal>
            }
            SealChoice::Passphrase { path } => Box::new(PassphraseSeal::open(path)?),
            SealChoice::Custodian { custodian, key } => {
                custodians.get(custodian)?.seal(key).await?
            }
        })
    };
    let previous = match &config.seal.previous {
        Some(choice) => Some(open(choice, false).await?),
        None => None,
    };
    let create = previous.is_some() || !is_sealed(store).await?;
    let seal = open(&config.seal.now, create).await?;
    unlock(store, &*seal, previous.as_deref()).await
}

/// Makes the data directory, for the server's account alone.
fn make_data_dir(dir: &Path) -> Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|cause| {
        let message = format!(
            "data_dir: cannot make {}: {cause}; make it for the server's account, or name another",
            dir.display()
        );
        Error::new(Reason::Configuration, message).in_field("data_dir")
    })
}

async fn bind(key: &'static str, address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|cause| {
        let message = format!(
            "{key}: cannot listen on {address}: {cause}; choose another address, or stop what uses \
             this one"
        );
        Error::new(Reason::Configuration, message).in_field(key)
    })
}
