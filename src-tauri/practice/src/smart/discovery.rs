//! Where everything is: SMART's configuration, OpenID's, and the keys.

use super::{AuthorizationServer, revoke, token};
use axum::{Json, extract::State};
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET [base]/.well-known/smart-configuration` (SMART App Launch 2.2, *Conformance*).
pub(super) async fn smart_configuration(State(server): State<Arc<AuthorizationServer>>) -> Json<Value> {
    let mut configuration = endpoints(&server.origin);
    configuration["capabilities"] = json!([
        "launch-standalone",
        "client-public",
        "client-confidential-symmetric",
        "client-confidential-asymmetric",
        "sso-openid-connect",
        "permission-offline",
        "permission-user",
        "permission-v2"
    ]);
    Json(configuration)
}

/// `GET /.well-known/openid-configuration` (OpenID Connect Discovery 1.0).
pub(super) async fn openid_configuration(State(server): State<Arc<AuthorizationServer>>) -> Json<Value> {
    let mut configuration = endpoints(&server.origin);
    configuration["subject_types_supported"] = json!(["public"]);
    configuration["id_token_signing_alg_values_supported"] = json!(["ES256"]);
    configuration["claims_supported"] = json!(["iss", "sub", "aud", "iat", "exp", "nonce", "name", "fhirUser"]);
    configuration["ui_locales_supported"] = json!(["en", "fr"]);
    Json(configuration)
}

/// `GET /auth/jwks`.
pub(super) async fn jwks(State(server): State<Arc<AuthorizationServer>>) -> Json<Value> {
    Json(server.key.jwks())
}

fn endpoints(origin: &str) -> Value {
    json!({
        "issuer": origin,
        "jwks_uri": format!("{origin}/auth/jwks"),
        "authorization_endpoint": format!("{origin}/auth/authorize"),
        "token_endpoint": format!("{origin}{}", token::PATH),
        "revocation_endpoint": format!("{origin}{}", revoke::PATH),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported":
            ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384", "ES256", "RS256"],
        // RFC 9207.
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": [
            "openid", "fhirUser", "profile", "offline_access", "user/*.cruds", "system/*.cruds"
        ],
    })
}
