//! Stands in for the system's browser: opens the practice's sign-in page, fills it in as the member named in
//! the environment, and follows it back to the program that waits on loopback.
//!
//! `TERN_SIGN_IN_CA` is a list as `PATH` is one; an authority that is not there yet may be in it.

use std::{env, error::Error};

/// Everything between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = &text[text.find(from)? + from.len()..];
    Some(&rest[..rest.find(to)?])
}

/// `&amp;` and its like in attribute values.
fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// The fields of the page's form, filled in.
fn filled(form: &str, username: &str, password: &str) -> Vec<(String, String)> {
    // A page without passwords has a button for each member instead.
    let chosen = form.contains("name=\"account\"").then(|| ("account".to_owned(), username.to_owned()));
    form.split("<input")
        .skip(1)
        .filter_map(|input| {
            let input = &input[..input.find('>')?];
            let name = unescaped(between(input, "name=\"", "\"")?);
            let value = match name.as_str() {
                "username" => username.to_owned(),
                "password" => password.to_owned(),
                _ => unescaped(between(input, "value=\"", "\"").unwrap_or_default()),
            };
            Some((name, value))
        })
        .chain(chosen)
        .collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let page = env::args().nth(1).ok_or("the address of the page")?;
    let username = env::var("TERN_SIGN_IN_USERNAME")?;
    let password = env::var("TERN_SIGN_IN_PASSWORD")?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authorities = env::var_os("TERN_SIGN_IN_CA").ok_or("no TERN_SIGN_IN_CA")?;
    let authorities = env::split_paths(&authorities)
        .filter(|file| file.exists())
        .map(|file| Ok(reqwest::Certificate::from_pem(&std::fs::read(file)?)?))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let browser = reqwest::Client::builder().tls_certs_only(authorities).cookie_store(true).build()?;

    let shown = browser.get(&page).send().await?.error_for_status()?;
    let at = shown.url().clone();
    let html = shown.text().await?;
    let form = between(&html, "<form", "</form>").ok_or("the page has no form")?;
    let action = unescaped(between(form, "action=\"", "\"").unwrap_or_default());
    let target = if action.is_empty() { at } else { at.join(&action)? };
    browser.post(target).form(&filled(form, &username, &password)).send().await?.error_for_status()?;
    Ok(())
}
