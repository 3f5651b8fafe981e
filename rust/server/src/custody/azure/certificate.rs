//! An application that proves who it is by a certificate: with a JSON Web Token (RFC 7519) that the
//! certificate's key signed (Microsoft identity platform, "Certificate credentials").

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use supacrypt_core::{Digest, Error, KeyClass, Reason, Result, SignatureScheme};
use supacrypt_crypto::{Key, PublicKey, digest, import, random};
use x509_parser::parse_x509_certificate;

use crate::secret_file;

/// `PS256` (RFC 7518, section 3.5).
const ALGORITHM: &str = "PS256";
const SCHEME: SignatureScheme = SignatureScheme::RsaPss {
    digest: Digest::Sha256,
    mgf_digest: Digest::Sha256,
    salt_length: Digest::Sha256.len() as u16,
};

/// Seconds that a proof is good for.
const LIFETIME: u64 = 300;

/// What proves that the application is who it says.
pub(super) struct CertificateAssertion {
    key: Key,
    /// SHA-256 of the certificate, by which the directory finds it.
    thumbprint: Vec<u8>,
    client_id: String,
    /// Where the proof is shown.
    audience: String,
}

impl CertificateAssertion {
    /// Reads the certificate and its key. `audience` is the URL that gives tokens.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when the file lacks one of them, they do not belong together, or others
    /// may read it.
    pub(super) fn read(path: &Path, client_id: &str, audience: String) -> Result<Self> {
        let refuse = |what: &str| {
            let message = format!("the certificate file {} {what}", path.display());
            Error::new(Reason::Configuration, message)
        };
        let missing = "Make it for the server's account, with the certificate and the key in PEM";
        let pem = secret_file::read(path, "the certificate file", missing)?;
        let certificate = CertificateDer::from_pem_slice(&pem)
            .map_err(|_| refuse("has no certificate in PEM"))?;
        let (_, parsed) = parse_x509_certificate(&certificate)
            .map_err(|_| refuse("has a certificate that cannot be read"))?;
        let public = PublicKey::from_spki_der(parsed.public_key().raw).ok();
        let public = public.filter(|public| public.spec().class() == KeyClass::Rsa);
        let public = public.ok_or_else(|| {
            refuse("has a certificate whose key is not RSA of 2048, 3072 or 4096 bits")
        })?;
        let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| {
            refuse("has no private key in PKCS#8; `openssl pkcs8 -topk8 -nodes` makes it so")
        })?;
        let key = import(public.spec(), pkcs8.secret_pkcs8_der())
            .and_then(|material| Key::load(public.spec(), &material))
            .ok()
            .filter(|key| key.public_key() == Some(&public))
            .ok_or_else(|| refuse("has a private key that is not that of the certificate"))?;
        Ok(CertificateAssertion {
            key,
            thumbprint: digest(Digest::Sha256, &certificate),
            client_id: client_id.to_owned(),
            audience,
        })
    }

    /// A proof for now, as JWS Compact Serialization (RFC 7515, section 7.1).
    fn proof(&self) -> Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut id = [0; 16];
        random(&mut id)?;
        let thumbprint = URL_SAFE_NO_PAD.encode(&self.thumbprint);
        let header = json!({"alg": ALGORITHM, "typ": "JWT", "x5t#S256": thumbprint});
        let claims = json!({
            "aud": self.audience, "iss": self.client_id, "sub": self.client_id,
            "jti": URL_SAFE_NO_PAD.encode(id), "iat": now, "nbf": now, "exp": now + LIFETIME,
        });
        let encoded = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let text = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.key.sign(SCHEME, &digest(Digest::Sha256, text.as_bytes()))?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[async_trait]
impl ClientAssertion for CertificateAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let failed =
            |error| azure_core::Error::new(azure_core::error::ErrorKind::Credential, error);
        self.proof().map_err(failed)
    }
}

impl std::fmt::Debug for CertificateAssertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CertificateAssertion")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
