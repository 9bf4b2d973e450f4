/**
 * The look on the page: one attribute, `data-theme`, which tokens.css reads.
 *
 * *System* and *high contrast* follow the system's light or dark, and follow it live. It is resolved here, not
 * in media queries, so that each theme's colours stand in one place.
 */
import type { Theme } from "$bindings/Theme";

/** What tokens.css knows. */
export type Look = "light" | "dark" | "high-contrast" | "high-contrast-dark";

/** Which look a setting means, given what the system says. */
export function lookOf(theme: Theme, system: { dark: boolean; moreContrast: boolean }): Look {
  if (theme === "high-contrast" || (theme === "system" && system.moreContrast)) {
    return system.dark ? "high-contrast-dark" : "high-contrast";
  }
  if (theme === "system") return system.dark ? "dark" : "light";
  return theme;
}

/** Sets the look and keeps to the system's changes; the returned function stops it. */
export function wearTheme(theme: Theme): () => void {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const contrast = window.matchMedia("(prefers-contrast: more)");
  const wear = () => {
    document.documentElement.dataset["theme"] = lookOf(theme, {
      dark: dark.matches,
      moreContrast: contrast.matches,
    });
  };
  wear();
  dark.addEventListener("change", wear);
  contrast.addEventListener("change", wear);
  return () => {
    dark.removeEventListener("change", wear);
    contrast.removeEventListener("change", wear);
  };
}
