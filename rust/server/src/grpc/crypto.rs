//! `CryptoService`.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use supacrypt_proto::v1;
use supacrypt_proto::v1::crypto_service_server::CryptoService;
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::call::{answer, answer_about, peer};
use super::operation::random;
use super::perform::perform;
use crate::service::{KeyOperation, Service, Subject};

pub(super) struct Crypto(pub(super) Arc<Service>);

impl Crypto {
    async fn operate<K: KeyOperation>(
        &self,
        request: Request<K>,
    ) -> Result<Response<K::Answer>, Status> {
        let subject = Subject::of(request.get_ref());
        answer_about(&self.0, request, subject, async move |caller, operation| {
            caller.service.perform(&caller.peer, operation).await
        })
        .await
    }
}

#[async_trait]
impl CryptoService for Crypto {
    async fn sign(
        &self,
        request: Request<v1::SignRequest>,
    ) -> Result<Response<v1::SignResponse>, Status> {
        self.operate(request).await
    }

    async fn verify(
        &self,
        request: Request<v1::VerifyRequest>,
    ) -> Result<Response<v1::VerifyResponse>, Status> {
        self.operate(request).await
    }

    async fn encrypt(
        &self,
        request: Request<v1::EncryptRequest>,
    ) -> Result<Response<v1::EncryptResponse>, Status> {
        self.operate(request).await
    }

    async fn decrypt(
        &self,
        request: Request<v1::DecryptRequest>,
    ) -> Result<Response<v1::DecryptResponse>, Status> {
        self.operate(request).await
    }

    async fn mac_sign(
        &self,
        request: Request<v1::MacSignRequest>,
    ) -> Result<Response<v1::MacSignResponse>, Status> {
        self.operate(request).await
    }

    async fn mac_verify(
        &self,
        request: Request<v1::MacVerifyRequest>,
    ) -> Result<Response<v1::MacVerifyResponse>, Status> {
        self.operate(request).await
    }

    async fn decapsulate(
        &self,
        request: Request<v1::DecapsulateRequest>,
    ) -> Result<Response<v1::DecapsulateResponse>, Status> {
        self.operate(request).await
    }

    async fn derive(
        &self,
        request: Request<v1::DeriveRequest>,
    ) -> Result<Response<v1::DeriveResponse>, Status> {
        self.operate(request).await
    }

    async fn generate_random(
        &self,
        request: Request<v1::GenerateRandomRequest>,
    ) -> Result<Response<v1::GenerateRandomResponse>, Status> {
        answer(
            &self.0,
            request,
            "GenerateRandom",
            |_| String::new(),
            async |_, message| Ok(random(&message)?),
        )
        .await
    }

    type PerformStream =
        Pin<Box<dyn Stream<Item = Result<v1::PerformResponse, Status>> + Send + 'static>>;

    async fn perform(
        &self,
        request: Request<Streaming<v1::PerformRequest>>,
    ) -> Result<Response<Self::PerformStream>, Status> {
        let peer = peer(&request);
        let answers = perform(Arc::clone(&self.0), peer, request.into_inner());
        Ok(Response::new(Box::pin(answers)))
    }
}
