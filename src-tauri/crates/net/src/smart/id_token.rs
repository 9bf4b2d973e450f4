//! Who signed in: the id token, checked as OpenID Connect Core 1.0, 3.1.3.7 asks.

use chrono::{DateTime, Utc};
use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};
use serde::Deserialize;

use super::{discovery::Configuration, signing};
use crate::token::Token;

/// Clocks of the issuer and of the practice's server may differ by this, in seconds.
const LEEWAY: f64 = 120.0;

/// Why an id token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// No JWT, or without what it must hold.
    #[error("the id token is malformed")]
    Malformed,
    /// Signed by none of the issuer's keys, or in a way that we don't accept (`none`, a shared secret).
    #[error("the id token's signature does not hold")]
    Signature,
    /// Of another issuer, or for another client.
    #[error("the id token is not for us")]
    NotForUs,
    /// It ran out, by the server's own clock.
    #[error("the id token has expired")]
    Expired,
}

/// What we read of an id token.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    /// Seconds since 1970; some issuers send fractions.
    exp: f64,
    #[serde(rename = "fhirUser")]
    fhir_user: Option<String>,
    profile: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// The `fhirUser`, or what SMART 1 servers put in `profile`, as it was written.
    pub(super) fn fhir_user(&self) -> Option<&str> {
        self.fhir_user.as_deref().or(self.profile.as_deref())
    }
}

/// Reads an id token that came from the token endpoint, over TLS.
///
/// `keys` are the issuer's, where it publishes any; without them TLS vouches for the issuer (OpenID Connect
/// Core, 3.1.3.7, 6). `now` is the server's clock: the machine's may be off by a day.
///
/// # Errors
/// [`NotBelieved`].
pub(super) fn read(
    token: &Token,
    keys: Option<&JwkSet>,
    configuration: &Configuration,
    client_id: &str,
    now: DateTime<Utc>,
) -> Result<Claims, NotBelieved> {
    let claims = match keys {
        Some(keys) => signed(token, keys)?,
        None => {
            jsonwebtoken::dangerous::insecure_decode::<Claims>(token.expose())
                .map_err(|_| NotBelieved::Malformed)?
                .claims
        }
    };
    let ours = match &claims.aud {
        Audience::One(audience) => audience == client_id,
        Audience::Many(all) => {
            let alone = all.len() == 1 || claims.azp.is_some();
            alone && all.iter().any(|audience| audience == client_id)
        }
    };
    let authorized = claims.azp.as_deref().is_none_or(|party| party == client_id);
    let issued = configuration.issuer.as_deref().is_none_or(|issuer| issuer == claims.iss);
    if !(ours && authorized && issued) {
        return Err(NotBelieved::NotForUs);
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in an f64 for 285 million years")]
    let now = now.timestamp() as f64;
    if claims.exp + LEEWAY < now {
        return Err(NotBelieved::Expired);
    }
    Ok(claims)
}

/// The claims, if one of the keys signed them: the one that is named, else any.
fn signed(token: &Token, keys: &JwkSet) -> Result<Claims, NotBelieved> {
    signing::install();
    let header = jsonwebtoken::decode_header(token.expose()).map_err(|_| NotBelieved::Malformed)?;
    let mut validation = Validation::new(header.alg);
    // The crate judges by the machine's clock, and doesn't know `azp`; `read` does both.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let named = |key: &&jsonwebtoken::jwk::Jwk| header.kid.is_none() || key.common.key_id == header.kid;
    for key in keys.keys.iter().filter(named) {
        let Ok(key) = DecodingKey::from_jwk(key) else { continue };
        if key.family() != header.alg.family() {
            continue;
        }
        match jsonwebtoken::decode::<Claims>(token.expose(), &key, &validation) {
            Ok(token) => return Ok(token.claims),
            Err(error) if matches!(error.kind(), jsonwebtoken::errors::ErrorKind::Json(_)) => {
                return Err(NotBelieved::Malformed);
            }
            Err(_) => {}
        }
    }
    Err(NotBelieved::Signature)
}
