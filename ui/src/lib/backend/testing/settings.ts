/** The member's settings and what the server can do, as the scripted practice keeps them. */
import type { Settings } from "$bindings/Settings";
import { MemoryDocuments } from "./documents";
import { facts } from "./words";

export abstract class MemorySettings extends MemoryDocuments {
  settingsNow: Settings = {
    theme: "system",
    language: "en",
    undoSeconds: 10,
    screenLockMinutes: 10,
    deepLockHours: 8,
    deepLockOnSleep: false,
    keys: [],
    notify: true,
  };

  async settings() {
    return this.did("settings", null, this.settingsNow);
  }
  async settingsSave(settings: Settings) {
    await this.did("settingsSave", settings, undefined);
    this.settingsNow = { ...settings, undoSeconds: Math.min(30, Math.max(0, settings.undoSeconds)) };
    return this.settingsNow;
  }
  async serverFacts() {
    return this.did("serverFacts", null, facts());
  }
}
