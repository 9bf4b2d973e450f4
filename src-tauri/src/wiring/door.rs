//! The way into a practice: `api`'s port, put onto SMART sign-in over HTTPS.

use std::{path::PathBuf, sync::Arc};

use tern_api::{
    dto::SignInFailure,
    ports::{Account, Address, Doing, Door, Entered, Server, Unanswered},
    profile::Profile,
};
use tern_net::{
    BaseError, FhirBase, Http, HttpError,
    smart::{self, Client, Language, Resumption, SignInError},
};

use super::keys::{KeptTokens, Keyrings};

/// SMART App Launch through the system browser; refresh tokens in the keyring.
pub(crate) struct BrowserDoor {
    keyrings: Keyrings,
    profile: Profile,
    registration: Registration,
}

/// How the practice's server knows Tern.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    /// The server that it is about: the one that the program was started with.
    pub(crate) server: Option<String>,
    /// The client id there.
    pub(crate) client_id: String,
    /// The port of the redirect, where the server compares it.
    pub(crate) redirect_port: Option<u16>,
}

impl BrowserDoor {
    pub(crate) fn new(keyrings: Keyrings, profile: Profile, registration: Registration) -> Self {
        Self { keyrings, profile, registration }
    }

    /// As the server knows us: the sample practice knows us by the usual name, whatever another was told.
    fn client(&self, server: &str) -> Client {
        let french = match self.profile.settings().language {
            tern_api::dto::Language::Fr => true,
            tern_api::dto::Language::En => false,
            tern_api::dto::Language::System => {
                sys_locale::get_locale().is_some_and(|locale| locale.to_ascii_lowercase().starts_with("fr"))
            }
        };
        let language = if french { Language::French } else { Language::English };
        let Registration { server: registered, client_id, redirect_port } = &self.registration;
        if registered.as_deref() != Some(server) {
            return Client { language, ..Client::default() };
        }
        Client { language, id: client_id.clone(), redirect_port: *redirect_port, ..Client::default() }
    }

    fn tokens(&self, account: &Account) -> Arc<KeptTokens> {
        Arc::new(KeptTokens(self.keyrings.of(account)))
    }

    /// Held by whichever process refreshes the account's token.
    fn lock_file(&self, account: &Account) -> Result<PathBuf, SignInFailure> {
        self.profile.refresh_lock(account).map_err(|_| SignInFailure::DiskFull)
    }

    fn resumption(&self, account: &Account) -> Result<Resumption, SignInFailure> {
        let (base, http) = reach(&account.address)?;
        Ok(Resumption {
            base,
            http,
            client_id: self.client(&account.address.server).id,
            tokens: self.tokens(account),
            lock_file: self.lock_file(account)?,
        })
    }
}

impl Door for BrowserDoor {
    fn sign_in<'a>(
        &'a self,
        address: Address,
        page: Box<dyn Fn(&str) + Send + Sync>,
    ) -> Doing<'a, Result<Entered, SignInFailure>> {
        Box::pin(async move {
            let (base, http) = reach(&address)?;
            // The account is known by the address as it is spelled everywhere, not as it was typed.
            let address = Address { server: base.as_str().to_owned(), ..address };
            let client = self.client(&address.server);
            let signed_in = smart::sign_in(base, http, &client, page).await.map_err(|error| failure(&error))?;
            let account = Account { address, fhir_user: signed_in.fhir_user().to_owned() };
            let (tokens, lock_file) = (self.tokens(&account), self.lock_file(&account)?);
            let connection = signed_in.keep(tokens, lock_file).await.map_err(|_| SignInFailure::Keyring)?;
            Ok(Entered { account, server: Arc::new(connection) })
        })
    }

    fn resume<'a>(&'a self, account: &'a Account) -> Doing<'a, Result<Arc<dyn Server>, SignInFailure>> {
        Box::pin(async move {
            let connection = smart::resume(self.resumption(account)?);
            Ok(Arc::new(connection) as Arc<dyn Server>)
        })
    }

    fn leave<'a>(&'a self, account: &'a Account) -> Doing<'a, ()> {
        Box::pin(async move {
            if let Ok(resumption) = self.resumption(account)
                && let Err(error) = smart::sign_out(resumption).await
            {
                tracing::info!(%error, "the session could not be revoked; it is forgotten here");
            }
            if let Err(error) = self.keyrings.of(account).forget_session().await {
                tracing::warn!(%error, "the keyring did not forget the session");
            }
        })
    }
}

fn reach(address: &Address) -> Result<(FhirBase, Http), SignInFailure> {
    let base = FhirBase::parse(&address.server).map_err(|error| match error {
        BaseError::Insecure => SignInFailure::Insecure,
        BaseError::NotAnAddress => SignInFailure::NotAPractice,
    })?;
    let http = Http::new(&base, address.ca_file.as_deref()).map_err(|error| {
        tracing::warn!(%error, "no connection can be made");
        match error {
            HttpError::CaUnreadable(_) | HttpError::CaMalformed => SignInFailure::CaFile,
            _ => SignInFailure::Certificate,
        }
    })?;
    Ok((base, http))
}

fn failure(error: &SignInError) -> SignInFailure {
    tracing::info!(%error, "nobody signed in");
    match error {
        SignInError::Unanswered(Unanswered::Certificate(_)) => SignInFailure::Certificate,
        SignInError::Unanswered(Unanswered::Keyring) => SignInFailure::Keyring,
        SignInError::Unanswered(Unanswered::SignInAgain) => SignInFailure::Refused,
        SignInError::NotAPractice | SignInError::Unanswered(Unanswered::NotAPractice) => SignInFailure::NotAPractice,
        SignInError::Unanswered(_) => SignInFailure::Unreachable,
        SignInError::Cancelled => SignInFailure::Cancelled,
        SignInError::TimedOut => SignInFailure::TimedOut,
        SignInError::NotAMember => SignInFailure::NotAMember,
        SignInError::PortTaken | SignInError::Refused(_) | SignInError::OtherIssuer | SignInError::IdToken(_) => {
            SignInFailure::Refused
        }
    }
}
