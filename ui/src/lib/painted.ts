/** Milliseconds after which nobody waits for a frame: a window that is not seen draws none. */
const LATEST = 200;

/** Resolves once what has changed is on the screen. What can wait for that does: the person's own key comes first. */
export function painted(): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, LATEST);
    // The first frame shows the change, the second comes when it has been drawn.
    requestAnimationFrame(() => requestAnimationFrame(() => done()));
  });
}
