//! What a command needs to run.

use std::path::{Path, PathBuf};

use supacrypt_client::{Client, Config};
use supacrypt_core::Result;

use crate::{api::Api, args::Global, output::Output};

pub(crate) struct Context {
    pub(crate) output: Output,
    config: Option<PathBuf>,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        Context { output: Output::new(global.json, global.quiet), config: global.config }
    }

    /// The configuration file the user named on the command line.
    pub(crate) fn config_file(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// The API of the backend in the configuration.
    pub(crate) fn api(&self) -> Result<Api> {
        let config = match &self.config {
            Some(file) => Config::from_file(file)?,
            None => Config::load()?,
        };
        Ok(Api::new(Client::new(config)?))
    }
}
