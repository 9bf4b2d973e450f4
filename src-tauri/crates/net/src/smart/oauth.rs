//! The token endpoint: three grants, and what its refusals mean.

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet, EndpointSet,
    ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use serde::{Deserialize, Serialize};
use tern_sync::server::Unanswered;
use url::Url;

use super::discovery::Configuration;
use crate::{http::Http, session::Access, token::Token};

/// What OpenID Connect and SMART add to a token response.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Extra {
    id_token: Option<String>,
    #[serde(rename = "fhirUser")]
    fhir_user: Option<String>,
}

impl ExtraTokenFields for Extra {}

pub(super) type Response = StandardTokenResponse<Extra, BasicTokenType>;

pub(super) type OAuth<Auth = EndpointNotSet> = Client<
    BasicErrorResponse,
    Response,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    Auth,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What the token endpoint gave.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) access: Access,
    pub(super) refresh: Option<Token>,
    pub(super) id_token: Option<Token>,
    pub(super) fhir_user: Option<String>,
    /// As granted, separated by spaces; none where it is what was asked for.
    pub(super) scope: Option<String>,
    /// The server's clock.
    pub(super) date: Option<DateTime<Utc>>,
}

/// Why the token endpoint gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotGranted {
    /// There was no answer.
    Unanswered(Unanswered),
    /// It can't just now, and says so: 5xx, `temporarily_unavailable`, or a page that is no answer of its.
    Unavailable,
    /// It refused; RFC 6749's code.
    Refused(String),
}

/// One token endpoint, for one client.
pub(super) struct TokenEndpoint<'h> {
    carrier: Carrier<'h>,
    oauth: OAuth,
}

impl<'h> TokenEndpoint<'h> {
    /// The token endpoint of `configuration`, asked as the public client `client_id`. None where it has none.
    pub(super) fn new(http: &'h Http, configuration: &Configuration, client_id: &str) -> Option<Self> {
        let endpoint = TokenUrl::from_url(configuration.token.clone()?);
        let oauth = Client::new(ClientId::new(client_id.to_owned())).set_token_uri(endpoint);
        Some(Self { carrier: Carrier { http, date: Mutex::new(None) }, oauth })
    }

    /// The same, as a client that has a secret.
    pub(super) fn with_secret(mut self, secret: &Token, how: AuthType) -> Self {
        self.oauth = self.oauth.set_client_secret(ClientSecret::new(secret.expose().to_owned())).set_auth_type(how);
        self
    }

    /// For the address of the sign-in page, `authorize`, that leads back to `redirect`.
    pub(super) fn authorizing(&self, authorize: Url, redirect: Url) -> OAuth<EndpointSet> {
        self.oauth.clone().set_auth_uri(AuthUrl::from_url(authorize)).set_redirect_uri(RedirectUrl::from_url(redirect))
    }

    /// A code and its verifier become a session.
    pub(super) async fn code(
        &self,
        code: Token,
        verifier: PkceCodeVerifier,
        redirect: Url,
    ) -> Result<Granted, NotGranted> {
        let request = self.oauth.exchange_code(AuthorizationCode::new(code.expose().to_owned()));
        let redirect = std::borrow::Cow::Owned(RedirectUrl::from_url(redirect));
        let request = request.set_pkce_verifier(verifier).set_redirect_uri(redirect);
        self.read(request.request_async(&self.carrier).await)
    }

    /// A refresh token becomes the next.
    pub(super) async fn refresh(&self, token: &Token) -> Result<Granted, NotGranted> {
        let token = RefreshToken::new(token.expose().to_owned());
        self.read(self.oauth.exchange_refresh_token(&token).request_async(&self.carrier).await)
    }

    /// A program becomes itself; `proof` are further parameters, such as a signed assertion.
    pub(super) async fn client(&self, scopes: Vec<String>, proof: Vec<(&str, String)>) -> Result<Granted, NotGranted> {
        let mut request = self.oauth.exchange_client_credentials();
        for (name, value) in proof {
            request = request.add_extra_param(name.to_owned(), value);
        }
        let request = request.add_scopes(scopes.into_iter().map(Scope::new));
        self.read(request.request_async(&self.carrier).await)
    }

    fn read(
        &self,
        answer: Result<Response, RequestTokenError<Unanswered, BasicErrorResponse>>,
    ) -> Result<Granted, NotGranted> {
        let answer = answer.map_err(|error| match error {
            RequestTokenError::Request(unanswered) => NotGranted::Unanswered(unanswered),
            RequestTokenError::ServerResponse(error) => refusal(error.error()),
            // Never formatted: what could not be parsed may hold a token.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => NotGranted::Unavailable,
        })?;
        let text = |text: &String| Token::new(text.clone());
        let lives = answer.expires_in().filter(|lives| !lives.is_zero()).map(|lives| lives.min(LONGEST));
        let date = *self.carrier.date.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Granted {
            access: Access::new(text(answer.access_token().secret()), lives),
            refresh: answer.refresh_token().map(|token| text(token.secret())),
            id_token: answer.extra_fields().id_token.as_ref().map(text),
            fhir_user: answer.extra_fields().fhir_user.clone(),
            scope: answer
                .scopes()
                .map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")),
            date,
        })
    }
}

/// No server means a longer life than this; a larger number would overflow the clock.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);

fn refusal(code: &BasicErrorResponseType) -> NotGranted {
    match code.as_ref() {
        "temporarily_unavailable" | "server_error" | "slow_down" => NotGranted::Unavailable,
        code => NotGranted::Refused(printable(code)),
    }
}

/// An error code for logs and the screen: RFC 6749 allows printable ASCII; a page of text is cut short.
pub(super) fn printable(code: &str) -> String {
    code.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')).take(40).collect()
}

/// Our HTTP client, as the `oauth2` crate wants one; notes the server's clock.
struct Carrier<'h> {
    http: &'h Http,
    date: Mutex<Option<DateTime<Utc>>>,
}

impl<'c> AsyncHttpClient<'c> for Carrier<'_> {
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unanswered>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (response, date) = self.http.oauth(request).await?;
            *self.date.lock().unwrap_or_else(PoisonError::into_inner) = date;
            Ok(response)
        })
    }
}
