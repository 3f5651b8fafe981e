//! One server, from its configuration to its end.

use std::future::Future;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use supacrypt_core::{Error, Principal, Reason, Result};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::audit::{AuditLog, Options};
use crate::authz::ClosedRule;
use crate::config::{Config, CustodianSettings, SealChoice};
use crate::custody::{
    AwsCustodian, AzureCustodian, Custodian, Custodians, Opening, Pkcs11Custodian,
    SoftwareCustodian,
};
use crate::endpoints::Endpoints;
use crate::grpc;
use crate::keyrings::Keyrings;
use crate::keys::Keys;
use crate::objects::Objects;
use crate::pins::Pins;
use crate::seal::{FileSeal, PassphraseSeal, Seal};
use crate::sealing::{Sealing, is_sealed};
use crate::service::{OpenSeal, Resources, Service};
use crate::store::Store;
use crate::telemetry::{self, Metrics, Readiness};
use crate::transport::{Acceptor, server_config};
use crate::watch::Watchers;

/// How often keys are looked for whose recovery window has ended.
const PURGE_INTERVAL: Duration = Duration::from_secs(60);

/// How often it is looked for what an older data key has sealed.
const RESEAL_INTERVAL: Duration = Duration::from_secs(60);

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
        let sealing = sealing(&config, &store, &remote).await?;
        let data_keys = sealing.keys();
        let keyrings = Keyrings::open(Arc::clone(&store)).await?;
        let pins = Pins::open(Arc::clone(&store), Arc::clone(data_keys)).await?;
        let watchers = Arc::<Watchers>::default();
        let software = SoftwareCustodian::new(Arc::clone(data_keys));
        let custodians = Arc::new(remote.with(Arc::new(software)));
        let configured_seal = configured_seal(&config, Arc::clone(&custodians));
        let cached_keys = config.cache.keys.get() as u64;
        let keys = Keys::new(Arc::clone(&store), custodians, cached_keys, Arc::clone(&watchers));
        let objects =
            Objects::new(Arc::clone(&store), Arc::clone(data_keys), Arc::clone(&watchers));
        let options = Options { durability: config.audit.sync, ..Options::default() };
        let audit = AuditLog::open(&config.data_dir.join("audit"), options, metrics.audit.clone())?;

        let admins = config.authorization.admins.iter().map(|name| Principal::new(name.as_str()));
        let authorizer = Box::new(ClosedRule::new(admins, keyrings.grants()));
        let acceptor = Acceptor::new(tls, &config.limits, Arc::clone(&audit), Arc::clone(&metrics));
        let service = Service::new(
            Resources { keyrings, pins, keys, objects, watchers, sealing, configured_seal },
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
        let reseal =
            tokio::spawn(reseal_periodically(Arc::clone(&service), config.seal.rotate_after));
        self.endpoints.write(&config.data_dir)?;
        tracing::info!(
            grpc = %self.endpoints.grpc, metrics = %self.endpoints.metrics,
            version = env!("CARGO_PKG_VERSION"), "listening"
        );

        let (connections, lane_ends) =
            self.acceptor.accept(self.listener, service.draining().clone())?;
        let serving = grpc::serve(Arc::clone(&service), connections, &config.limits);
        let served = served(serving, shutdown, &service, config.drain_timeout).await;

        purge.abort();
        reseal.abort();
        monitoring.cancel();
        // A scraper that is slow to read is not waited for.
        monitor.abort();
        Endpoints::remove(&config.data_dir);
        lane_ends.wait().await;
        service.audit.sync().await?;
        store.close().await;
        tracing::info!("stopped");
        served
    }
}

/// Serves until `shutdown` completes and what was running then has ended, or `drain_timeout` is over.
async fn served(
    serving: impl Future<Output = Result<()>>,
    shutdown: impl Future<Output = ()>,
    service: &Service,
    drain_timeout: Duration,
) -> Result<()> {
    let mut serving = std::pin::pin!(serving);
    let served = tokio::select! {
        served = &mut serving => served,
        () = shutdown => {
            tracing::info!("draining: finishing what is running, refusing what is new");
            service.draining().cancel();
            let drained = tokio::time::timeout(drain_timeout, serving).await;
            drained.unwrap_or_else(|_| {
                tracing::warn!("some requests were still running after drain_timeout");
                Ok(())
            })
        }
    };
    // Also when the server failed: nothing is accepted any more.
    service.draining().cancel();
    served
}

/// The custodians that are configured.
async fn custodians(config: &Config, store: &str, metrics: &Metrics) -> Result<Custodians> {
    let mut named: Vec<Arc<dyn Custodian>> = Vec::new();
    for (name, settings) in &config.custodians {
        let opening = Opening { name, store, metrics: &metrics.custodians };
        named.push(match settings {
            CustodianSettings::Azure(settings) => {
                Arc::new(AzureCustodian::open(opening, settings).await?)
            }
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
    let custodians = service.keys.custodians().all().iter();
    let readiness = custodians.fold(Readiness::new(), |readiness, custodian| {
        let each = Arc::clone(custodian);
        readiness.with_custodian(custodian.name(), move || {
            let each = Arc::clone(&each);
            async move { each.check().await }
        })
    });
    readiness
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

/// Replaces data keys, and seals anew what older ones have sealed.
async fn reseal_periodically(service: Arc<Service>, rotate_after: Duration) {
    let sealing = &service.sealing;
    let mut ticks = tokio::time::interval(RESEAL_INTERVAL);
    let mut failed = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = sealing.rotated() => {}
        }
        let done = async {
            sealing.rotate_after(rotate_after).await?;
            let count = sealing.reseal().await?;
            if count > 0 {
                service.pins.refresh().await?;
                tracing::info!(count, "sealed anew what older data keys had sealed");
            }
            Ok::<_, Error>(())
        };
        let outcome = done.await;
        // Once, and not at each try.
        if let (Err(error), false) = (&outcome, failed) {
            tracing::error!("the store is not sealed anew, trying again: {error}");
        }
        failed = outcome.is_err();
    }
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

/// How the store is sealed. A file for a seal is made for a new store only.
async fn sealing(
    config: &Config,
    store: &Arc<Store>,
    custodians: &Custodians,
) -> Result<Arc<Sealing>> {
    let previous = match &config.seal.previous {
        Some(choice) => Some(open_seal(config, choice, custodians, false).await?),
        None => None,
    };
    let create = previous.is_some() || !is_sealed(store).await?;
    let seal = open_seal(config, &config.seal.now, custodians, create).await?;
    Sealing::open(Arc::clone(store), seal, previous.as_deref()).await.map(Arc::new)
}

/// Opens the seal that the configuration names when it is asked.
fn configured_seal(config: &Config, custodians: Arc<Custodians>) -> OpenSeal {
    let file = config.file.clone();
    Box::new(move || {
        let (file, custodians) = (file.clone(), Arc::clone(&custodians));
        Box::pin(async move {
            let config = Config::load(&file)?;
            open_seal(&config, &config.seal.now, &custodians, true).await
        })
    })
}

async fn open_seal(
    config: &Config,
    choice: &SealChoice,
    custodians: &Custodians,
    create: bool,
) -> Result<Arc<dyn Seal>> {
    Ok(match choice {
        SealChoice::File { path } => {
            let default = || config.data_dir.join("seal.key");
            Arc::new(FileSeal::open(&path.clone().unwrap_or_else(default), create)?)
        }
        SealChoice::Passphrase { path } => Arc::new(PassphraseSeal::open(path)?),
        SealChoice::Custodian { custodian, key } => {
            Arc::from(custodians.get(custodian)?.seal(key).await?)
        }
    })
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
