//! `SealService`.

use std::sync::Arc;

use supacrypt_core::Result as Outcome;
use supacrypt_proto::v1;
use supacrypt_proto::v1::seal_service_server::SealService;
use tonic::{Request, Response, Status, async_trait};

use super::call::{Caller, answer};
use super::records::time;
use crate::sealing::SealState;
use crate::service::Service;

pub(super) struct Seals(pub(super) Arc<Service>);

#[async_trait]
impl SealService for Seals {
    async fn get_seal(
        &self,
        request: Request<v1::GetSealRequest>,
    ) -> Result<Response<v1::Seal>, Status> {
        answer(
            &self.0,
            request,
            "GetSeal",
            |_| String::new(),
            async |caller, _| {
                caller.authorize_administration()?;
                Ok(shown(&caller).await?)
            },
        )
        .await
    }

    async fn rotate_data_key(
        &self,
        request: Request<v1::RotateDataKeyRequest>,
    ) -> Result<Response<v1::Seal>, Status> {
        answer(
            &self.0,
            request,
            "RotateDataKey",
            |_| String::new(),
            async |caller, _| {
                caller.authorize_administration()?;
                caller.service.sealing.rotate().await?;
                Ok(shown(&caller).await?)
            },
        )
        .await
    }

    async fn change_seal(
        &self,
        request: Request<v1::ChangeSealRequest>,
    ) -> Result<Response<v1::Seal>, Status> {
        answer(
            &self.0,
            request,
            "ChangeSeal",
            |_| String::new(),
            async |caller, _| {
                caller.authorize_administration()?;
                let seal = (caller.service.configured_seal)().await?;
                caller.service.sealing.change(seal).await?;
                Ok(shown(&caller).await?)
            },
        )
        .await
    }
}

async fn shown(caller: &Caller) -> Outcome<v1::Seal> {
    let SealState { seal, data_keys, newest, values, outdated } =
        caller.service.sealing.state().await?;
    Ok(v1::Seal {
        name: seal,
        data_keys: u32::try_from(data_keys).unwrap_or(u32::MAX),
        data_key_create_time: Some(time(newest)),
        values,
        outdated_values: outdated,
    })
}
