/** What jsdom has no idea of: layout, and the system's wishes. */
import { vi } from "vitest";

// A window in which fourteen rows are in view.
Object.defineProperties(HTMLElement.prototype, {
  offsetHeight: { configurable: true, get: () => 800 },
  clientHeight: { configurable: true, get: () => 800 },
  offsetWidth: { configurable: true, get: () => 396 },
  clientWidth: { configurable: true, get: () => 1280 },
});

class Observer {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
vi.stubGlobal("ResizeObserver", Observer);
vi.stubGlobal("IntersectionObserver", Observer);
vi.stubGlobal("matchMedia", (query: string) => ({
  matches: false,
  media: query,
  addEventListener: () => {},
  removeEventListener: () => {},
}));
// axe asks for a canvas to tell icon fonts from letters; there are none.
HTMLCanvasElement.prototype.getContext = () => null;
Element.prototype.scrollIntoView = () => {};
Element.prototype.scrollTo = () => {};
// Svelte's transitions and bits-ui's presence ask for animations.
Element.prototype.animate ??= () => ({ cancel() {}, finished: Promise.resolve() }) as unknown as Animation;
Element.prototype.getAnimations ??= () => [];
