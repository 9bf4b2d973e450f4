//! The page a member signs in on: plain HTML, no script, in the browser's language.
//!
//! Nothing on it comes from outside unescaped, and the policy it is sent with lets it load nothing
//! but the one style it carries. `form-action` names loopback too, because browsers apply it to the
//! redirect that follows the form.

use super::SignInPage;
use crate::people::Account;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

/// The languages of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// English.
    En,
    /// French.
    Fr,
}

impl Language {
    /// The first of ours in `ui_locales` (OpenID Connect), else the preferred one of
    /// `Accept-Language` (RFC 9110, 12.5.4), else English.
    pub(super) fn preferred(ui_locales: Option<&str>, accept: Option<&str>) -> Self {
        let known = |tag: &str| match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "fr" => Some(Self::Fr),
            _ => None,
        };
        if let Some(asked) = ui_locales.and_then(|tags| tags.split(' ').find_map(known)) {
            return asked;
        }
        let mut best = (0.0_f32, Self::En);
        for range in accept.unwrap_or_default().split(',') {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let weight = weight.trim().parse().unwrap_or(0.0);
            if let Some(language) = known(tag)
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// What went wrong before, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// Nothing did.
    None,
    /// User name or password; which of the two is not said.
    WrongPassword,
}

struct Words {
    lang: &'static str,
    title: &'static str,
    lead: &'static str,
    username: &'static str,
    password: &'static str,
    sign_in: &'static str,
    cancel: &'static str,
    wrong: &'static str,
    choose: &'static str,
    ended_title: &'static str,
    ended: &'static str,
    refused: &'static str,
}

const fn words(language: Language) -> Words {
    match language {
        Language::En => Words {
            lang: "en",
            title: "Sign in to the sample practice",
            lead: "Everybody in this practice is invented. It runs on this machine and reaches no other.",
            username: "User name",
            password: "Password",
            sign_in: "Sign in",
            cancel: "Cancel",
            wrong: "User name or password is wrong. Nothing was signed in.",
            choose: "Who are you today?",
            ended_title: "This page has run out",
            ended: "Go back to Tern and sign in from there once more.",
            refused: "Tern and the practice do not understand each other, so nobody was signed in:",
        },
        Language::Fr => Words {
            lang: "fr",
            title: "Connexion au cabinet de démonstration",
            lead: "Toutes les personnes de ce cabinet sont inventées. Il fonctionne sur cet ordinateur et n’en joint aucun autre.",
            username: "Nom d’utilisateur",
            password: "Mot de passe",
            sign_in: "Se connecter",
            cancel: "Annuler",
            wrong: "Nom d’utilisateur ou mot de passe incorrect. Personne n’est connecté.",
            choose: "Qui êtes-vous aujourd’hui ?",
            ended_title: "Cette page a expiré",
            ended: "Revenez à Tern et connectez-vous à nouveau.",
            refused: "Tern et le cabinet ne se comprennent pas ; personne n’est connecté :",
        },
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1d2733;--paper:#f7f8fa;--card:#fff;--line:#8893a0;--accent:#0b5c8a;--on:#fff;--bad:#a3211b}\
@media(prefers-color-scheme:dark){:root{--ink:#e6eaee;--paper:#14191f;--card:#1d242c;--line:#7b8794;--accent:#7cc4ef;--on:#0c1116;--bad:#ffb3ac}}\
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);display:grid;min-height:100vh;place-items:center}\
main{box-sizing:border-box;width:min(26rem,100vw);padding:2rem;background:var(--card);border-radius:.75rem}\
h1{font-size:1.25rem;margin:0 0 .5rem}label{display:block;margin:1rem 0 .25rem}\
input{box-sizing:border-box;width:100%;font:inherit;padding:.5rem;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.375rem}\
button{font:inherit;padding:.5rem 1rem;margin:1rem .5rem 0 0;border:1px solid var(--accent);border-radius:.375rem;background:transparent;color:var(--accent);cursor:pointer}\
button.main{background:var(--accent);color:var(--on)}button.who{display:block;width:100%;margin:.5rem 0 0;text-align:left}\
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}.wrong{color:var(--bad);font-weight:600}small{display:block}";

/// SHA-256 of [`STYLE`] in base64, as the policy names it; held by a test.
fn style_hash() -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use sha2::{Digest, Sha256};
    BASE64_STANDARD.encode(Sha256::digest(STYLE))
}

/// The sign-in page for the request kept under `pending`.
pub(super) fn sign_in(
    language: Language,
    page: SignInPage,
    pending: &str,
    accounts: &[Account],
    username: &str,
    notice: Notice,
) -> Response {
    let w = words(language);
    let (status, wrong) = match notice {
        Notice::None => (StatusCode::OK, String::new()),
        Notice::WrongPassword => {
            (StatusCode::UNAUTHORIZED, format!("<p class=\"wrong\" role=\"alert\" id=\"wrong\">{}</p>", w.wrong))
        }
    };
    let described = match notice {
        Notice::None => "",
        Notice::WrongPassword => " aria-invalid=\"true\" aria-describedby=\"wrong\"",
    };
    let fields = match page {
        SignInPage::Password => format!(
            "<label for=\"username\">{}</label>\
             <input id=\"username\" name=\"username\" value=\"{}\" autocomplete=\"username\" autocapitalize=\"none\" required autofocus{described}>\
             <label for=\"password\">{}</label>\
             <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required{described}>\
             <button class=\"main\" type=\"submit\">{}</button>",
            w.username,
            escape(username),
            w.password,
            w.sign_in,
        ),
        SignInPage::OneClick => accounts
            .iter()
            .map(|account| {
                format!(
                    "<button class=\"who\" type=\"submit\" name=\"account\" value=\"{}\">{}<small>{}</small></button>",
                    escape(&account.username),
                    escape(&account.name),
                    escape(account.role),
                )
            })
            .fold(format!("<p>{}</p>", w.choose), |page, button| page + &button),
    };
    let body = format!(
        "<h1>{}</h1><p>{}</p>{wrong}\
         <form method=\"post\" action=\"/auth/authorize\">\
         <input type=\"hidden\" name=\"request\" value=\"{}\">{fields}\
         <button type=\"submit\" name=\"cancel\" value=\"yes\" formnovalidate>{}</button></form>",
        w.title,
        w.lead,
        escape(pending),
        w.cancel,
    );
    document(status, &w, w.title, &body)
}

/// The page for a form that came too late, or twice.
pub(super) fn ended(language: Language) -> Response {
    let w = words(language);
    let body = format!("<h1>{}</h1><p>{}</p>", w.ended_title, w.ended);
    document(StatusCode::BAD_REQUEST, &w, w.ended_title, &body)
}

/// The page for a request that may not be answered by a redirect.
pub(super) fn refused(language: Language, reason: &str) -> Response {
    let w = words(language);
    let body = format!("<h1>{}</h1><p>{} <code>{}</code></p>", w.title, w.refused, escape(reason));
    document(StatusCode::BAD_REQUEST, &w, w.title, &body)
}

fn document(status: StatusCode, w: &Words, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>",
        w.lang
    );
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self' http://127.0.0.1:* http://[::1]:*",
        style_hash()
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::VARY, "Accept-Language"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Text as HTML, in an element or in a quoted attribute.
fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_the_language_that_is_preferred() {
        for (ui, accept, language) in [
            (None, None, Language::En),
            (None, Some("fr-CA,fr;q=0.9,en;q=0.8"), Language::Fr),
            (None, Some("en;q=0.5, fr;q=0.7"), Language::Fr),
            (None, Some("de, en;q=0.3"), Language::En),
            (None, Some("fr;q=0"), Language::En),
            (Some("de fr"), Some("en"), Language::Fr),
            (Some("é"), Some("fr"), Language::Fr),
        ] {
            assert_eq!(Language::preferred(ui, accept), language, "{ui:?} {accept:?}");
        }
    }

    #[test]
    fn what_a_person_typed_is_text() {
        assert_eq!(escape("<script>'\"&</script>"), "&lt;script&gt;&#39;&quot;&amp;&lt;/script&gt;");
    }
}
