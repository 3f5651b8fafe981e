//! `supacrypt random`.

use base64::{Engine, engine::general_purpose::STANDARD};
use clap::ValueEnum;
use serde_json::json;
use supacrypt_core::Result;
use supacrypt_proto::v1::GenerateRandomRequest;

use crate::context::Context;

/// Print random bytes made by the backend
#[derive(clap::Args)]
pub(crate) struct Random {
    /// How many bytes, 1 to 65536
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65536))]
    length: u32,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Hex,
    Base64,
    Raw,
}

impl Random {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let request = GenerateRandomRequest { length: self.length };
        let data = context.api()?.generate_random(request)?.data;
        if matches!(self.format, Format::Raw) && !context.output.is_json() {
            return context.output.bytes(&data);
        }
        let text = match self.format {
            Format::Base64 => STANDARD.encode(&data),
            Format::Hex | Format::Raw => hex::encode(&data),
        };
        context.output.document(&json!({ "data": text }), || text.clone())
    }
}
