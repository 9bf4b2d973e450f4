/**
 * The time that the screen shows, moved once a second while the window can be seen.
 *
 * One timer for the whole page: "checked 4 s ago", ages and the touch's clock all read `now`, so that they move
 * together and a hidden window costs nothing.
 */
export class Clock {
  /** UTC milliseconds. */
  now = $state(Date.now());
  /** Milliseconds by which this machine's clock is behind the practice's (negative: ahead). */
  behind = $state(0);
  /** UTC milliseconds at the practice: what everything that comes from the server is compared with. */
  there = $derived(this.now + this.behind);
  /** The same, to the minute: what changes rarely reads this one. */
  minute = $derived(Math.floor(this.there / 60_000) * 60_000);

  #timer: ReturnType<typeof setInterval> | undefined;

  /** Looks at the time now, outside the second's beat. */
  tick(): void {
    this.now = Date.now();
  }

  /** Starts it; the returned function stops it. */
  run(): () => void {
    const follow = () => {
      clearInterval(this.#timer);
      if (document.visibilityState === "hidden") return;
      this.tick();
      this.#timer = setInterval(() => this.tick(), 1000);
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      clearInterval(this.#timer);
      document.removeEventListener("visibilitychange", follow);
    };
  }
}
