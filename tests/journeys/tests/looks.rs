//! The same window in French, in the dark, in high contrast and at twice the size.

use fantoccini::key::Key;
use serde_json::json;

use crate::scene::{Scene, accessible, set, start};

#[tokio::test(flavor = "multi_thread")]
async fn french_from_the_first_screen_on() {
    let scene = Scene::set(&[]).await;
    let window = scene.window("physician", "fr").await;
    window.see("[data-testid=view-sign-in]").await.unwrap();
    window.until("return document.documentElement.lang.startsWith('fr')", vec![], "French").await.unwrap();
    accessible(&window).await;
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_palette_and_keys_are_as_readable_as_the_inbox() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    for theme in ["light", "dark"] {
        set(&window, json!({ "theme": theme })).await;
        let shown = "return document.documentElement.dataset.theme === arguments[0]";
        window.until(shown, vec![json!(theme)], theme).await.unwrap();

        window.press_with(&[Key::Control], 'k').await.unwrap();
        window.see("[data-testid=palette]").await.unwrap();
        accessible(&window).await;
        window.press_key(Key::Escape).await.unwrap();
        window.see_gone("[data-testid=palette]").await.unwrap();

        window.press('?').await.unwrap();
        window.see("[data-testid=keys]").await.unwrap();
        accessible(&window).await;
        window.press_key(Key::Escape).await.unwrap();
        window.see_gone("[data-testid=keys]").await.unwrap();

        window.press_with(&[Key::Control], ',').await.unwrap();
        window.see("[data-testid=view-settings]").await.unwrap();
        accessible(&window).await;
        window.click("[data-testid=settings-close]").await.unwrap();
        window.see("[data-testid=view-inbox]").await.unwrap();
    }
    window.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dark_high_contrast_and_twice_the_size_are_as_readable() {
    let scene = Scene::set(&[]).await;
    let window = scene.signed_in("physician", "en").await;
    start(&window).await;
    for (theme, language) in [("dark", "en"), ("high-contrast", "en"), ("light", "fr")] {
        set(&window, json!({ "theme": theme, "language": language })).await;
        let shown = "return document.documentElement.dataset.theme === arguments[0] && document.documentElement.lang === arguments[1]";
        window.until(shown, vec![json!(theme), json!(language)], theme).await.unwrap();
        accessible(&window).await;
    }
    window.client.set_window_size(640, 400).await.unwrap();
    window.see("[data-testid=pane]").await.unwrap();
    accessible(&window).await;
    window.quit().await.unwrap();
}
