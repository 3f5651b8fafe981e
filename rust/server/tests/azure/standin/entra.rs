//! What gives tokens: Microsoft Entra ID, and the metadata service of a machine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde_json::{Value, json};
use supacrypt_core::{Digest, SignatureScheme};
use supacrypt_crypto::{PublicKey, digest};

use crate::faults::{Answer, Request};

pub(crate) const TENANT: &str = "directory";
pub(crate) const CLIENT: &str = "server";
pub(crate) const SECRET: &str = "secret of the application";
pub(crate) const AUDIENCE: &str = "https://vault.azure.net";

/// A directory with one application.
pub(crate) struct Entra {
    /// The secret of the application.
    secret: Mutex<String>,
    /// How often tokens were revoked.
    revoked: AtomicU64,
    /// The certificates of the application: thumbprint and key.
    certificates: Mutex<Vec<(Vec<u8>, PublicKey)>>,
    /// Proofs that were shown.
    shown: Mutex<Vec<Value>>,
}

impl Default for Entra {
    fn default() -> Entra {
        Entra {
            secret: Mutex::new(SECRET.to_owned()),
            revoked: AtomicU64::default(),
            certificates: Mutex::default(),
            shown: Mutex::default(),
        }
    }
}

impl Entra {
    /// Gives the application another secret in the place of the one it had.
    pub(crate) fn replace_secret(&self, secret: &str) {
        secret.clone_into(&mut self.secret.lock());
    }

    /// The token that is given now.
    pub(crate) fn token(&self) -> String {
        format!("token-of-the-server-{}", self.revoked.load(Ordering::SeqCst))
    }

    /// Whether a vault takes a token.
    pub(crate) fn is_good(&self, token: &str) -> bool {
        token == self.token()
    }

    /// Has no vault take the tokens that were given so far.
    pub(crate) fn revoke(&self) {
        self.revoked.fetch_add(1, Ordering::SeqCst);
    }

    /// Has the application be known by a certificate, DER.
    pub(crate) fn register(&self, certificate: &[u8], key: PublicKey) {
        self.certificates.lock().push((digest(Digest::Sha256, certificate), key));
    }

    pub(crate) fn serve(&self, request: &Request) -> Answer {
        let given = |body: Value| Answer::new(200, body.to_string());
        if request.path() == "/msi/token" {
            let machine = request.header("x-identity-header") == Some("machine");
            let audience = request.target.contains("resource=https%3A%2F%2Fvault.azure.net");
            let expires = "4102444800";
            return match machine && audience {
                true => given(json!({"access_token": self.token(), "expires_on": expires,
                    "resource": AUDIENCE, "token_type": "Bearer"})),
                false => Answer::new(400, "no such identity"),
            };
        }
        let body = String::from_utf8_lossy(&request.body);
        let field = |name: &str| {
            let mut fields = body.split('&').filter_map(|field| field.split_once('='));
            fields.find(|(given, _)| *given == name).map(|(_, value)| value.to_owned())
        };
        let ours = request.path() == format!("/{TENANT}/oauth2/v2.0/token")
            && field("scope").as_deref() == Some("https%3A%2F%2Fvault.azure.net%2F.default")
            && field("client_id").as_deref() == Some(CLIENT);
        let secret = || field("client_secret") == Some(self.secret.lock().replace(' ', "+"));
        let host = request.header("host").unwrap_or_default();
        let asserted = || {
            let text = field("client_assertion");
            text.is_some_and(|text| {
                text.trim_end_matches("%0A") == "account" || self.is_proof(&text, host).is_some()
            })
        };
        match ours && (secret() || asserted()) {
            true => given(
                json!({"access_token": self.token(), "expires_in": 3600, "token_type": "Bearer"}),
            ),
            false => refused(7_000_215, "AADSTS7000215: Invalid client secret provided."),
        }
    }

    /// Looks whether a certificate's key signed this for here and now, and it is shown for the first time.
    fn is_proof(&self, text: &str, host: &str) -> Option<()> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let read = |part: &str| serde_json::from_slice::<Value>(&bytes(part)?).ok();
        let (header, claims) = (read(header)?, read(claims)?);
        let thumbprint = bytes(header["x5t#S256"].as_str()?)?;
        let certificates = self.certificates.lock();
        let (_, key) = certificates.iter().find(|(known, _)| *known == thumbprint)?;
        let sha256 = Digest::Sha256;
        let scheme =
            SignatureScheme::RsaPss { digest: sha256, mgf_digest: sha256, salt_length: 32 };
        let signed = digest(sha256, signed.as_bytes());
        let valid = key.verify(scheme, &signed, &bytes(signature)?).ok()?;

        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let (from, until) = (claims["nbf"].as_u64()?, claims["exp"].as_u64()?);
        let timely = from <= now && now < until && until - from <= 600;
        let here = claims["aud"] == format!("https://{host}/{TENANT}/oauth2/v2.0/token");
        let who = claims["iss"] == CLIENT && claims["sub"] == CLIENT;
        let mut shown = self.shown.lock();
        let new = claims["jti"].is_string() && !shown.contains(&claims["jti"]);
        shown.push(claims["jti"].clone());
        (header["alg"] == "PS256" && valid && timely && here && who && new).then_some(())
    }
}

fn refused(code: u32, what: &str) -> Answer {
    let body = json!({"error": "invalid_client", "error_description": what, "error_codes": [code],
        "timestamp": "", "trace_id": "", "correlation_id": "", "error_uri": ""});
    Answer::new(401, body.to_string())
}
