//! What the browser shows when it comes back to us.

use super::sign_in::Language;

/// How the sign-in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// A code has come.
    Done,
    /// The person, or the server, said no.
    Refused,
    /// Not an answer to this sign-in: an old tab, or somebody else's doing.
    Stray,
}

/// A small page without script, picture or anything from elsewhere.
pub(super) fn html(ending: Ending, language: Language) -> String {
    let (lang, title, text) = match (language, ending) {
        (Language::English, Ending::Done) => ("en", "Back to Tern", "You can close this window."),
        (Language::English, Ending::Refused) => {
            ("en", "Not signed in", "Nobody was signed in. You can close this window and try again in Tern.")
        }
        (Language::English, Ending::Stray) => {
            ("en", "An older page", "This page belongs to another sign-in. Please go on in the newest window.")
        }
        (Language::French, Ending::Done) => ("fr", "De retour à Tern", "Vous pouvez fermer cette fenêtre."),
        (Language::French, Ending::Refused) => (
            "fr",
            "Pas de connexion",
            "Personne n’a été connecté. Vous pouvez fermer cette fenêtre et réessayer dans Tern.",
        ),
        (Language::French, Ending::Stray) => (
            "fr",
            "Une page plus ancienne",
            "Cette page appartient à une autre connexion. Continuez dans la fenêtre la plus récente.",
        ),
    };
    format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.5 system-ui,sans-serif;\
         max-width:32rem;margin:20vh auto;padding:0 1.5rem}}</style><main><h1>{title}</h1><p>{text}</p></main></html>"
    )
}
