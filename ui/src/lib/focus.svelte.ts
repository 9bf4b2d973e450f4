/**
 * Where the focus is to go next. Whoever changes the screen says so, and the part that it is meant for takes it
 * once it is there: a reply field that is only just being made included.
 */
export type Place = "list" | "search" | "composer";

export class FocusWish {
  place = $state<Place | null>(null);

  to(place: Place): void {
    this.place = place;
  }

  /** Focuses the element if it is the one meant. For an `$effect`. */
  take(place: Place, element: HTMLElement | null): boolean {
    if (this.place !== place || element === null) return false;
    this.place = null;
    // The list and the hits scroll by themselves to the row that is meant.
    element.focus({ preventScroll: place === "list" });
    return true;
  }
}
