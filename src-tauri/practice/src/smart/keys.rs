//! The key that signs id tokens, and its public half as a JWK (RFC 7517).

use super::access::Access;
use crate::{
    Error,
    secrets::{Secret, digest},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use serde_json::{Value, json};

/// Minutes that an id token holds: it is read once, when it arrives.
const ID_TOKEN_MINUTES: i64 = 10;

/// A P-256 key.
pub(super) struct SigningKey {
    encoding: EncodingKey,
    kid: String,
    x: String,
    y: String,
}

/// OpenID Connect Core, section 2, with SMART's `fhirUser`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fhir_user: Option<&'a str>,
}

/// What an id token says besides the access it comes with.
pub(super) struct Subject<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The name shown.
    pub name: &'a str,
    /// Echoed from the request.
    pub nonce: Option<&'a str>,
}

impl SigningKey {
    /// Reads a PKCS#8 PEM.
    pub(super) fn from_pem(pem: &Secret) -> Result<Self, Error> {
        let pair = rcgen::KeyPair::from_pem(pem.expose())?;
        // An uncompressed point (SEC 1, 2.3.3): 0x04, then both coordinates.
        let point = pair.public_key_raw().get(1..).unwrap_or_default();
        let (x, y) = point.split_at(point.len() / 2);
        Ok(Self {
            encoding: EncodingKey::from_ec_pem(pem.expose().as_bytes())?,
            kid: digest(&pair.public_key_pem()).chars().take(16).collect(),
            x: BASE64_URL_SAFE_NO_PAD.encode(x),
            y: BASE64_URL_SAFE_NO_PAD.encode(y),
        })
    }

    /// The key set that clients verify with.
    pub(super) fn jwks(&self) -> Value {
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
            "kid": self.kid, "x": self.x, "y": self.y,
        }]})
    }

    /// An id token for who signed in.
    pub(super) fn id_token(&self, access: &Access, subject: &Subject<'_>, now: DateTime<Utc>) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.kid.clone());
        let claims = Claims {
            iss: subject.issuer,
            sub: &access.subject,
            aud: access.client.as_str(),
            iat: now.timestamp(),
            exp: (now + Duration::minutes(ID_TOKEN_MINUTES)).timestamp(),
            nonce: subject.nonce,
            name: subject.name,
            fhir_user: access.fhir_user.as_deref(),
        };
        Ok(jsonwebtoken::encode(&header, &claims, &self.encoding)?)
    }
}
