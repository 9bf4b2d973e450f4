/**
 * Which rows of a long list are in the page: TanStack's virtualiser (`@tanstack/virtual-core`, MIT), told of
 * changes by runes. Its own Svelte package is left out: it speaks in stores, and copies the list at each change.
 */
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from "@tanstack/virtual-core";

export class VirtualRows {
  /** The rows to draw, with their places in pixels. */
  items = $state.raw<VirtualItem[]>([]);
  /** Height of all rows, pixels. */
  height = $state(0);

  #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  #element: HTMLElement | null = null;
  #rowHeight: number;

  constructor(rowHeight: number) {
    this.#rowHeight = rowHeight;
    this.#virtualizer = new Virtualizer<HTMLElement, HTMLElement>({
      count: 0,
      estimateSize: () => rowHeight,
      overscan: 6,
      getScrollElement: () => this.#element,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => this.#read(),
    });
  }

  /** An attachment for the scrolling element. */
  attach = (element: HTMLElement): (() => void) => {
    this.#element = element;
    const unmount = this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    this.#read();
    return () => {
      unmount();
      this.#element = null;
    };
  };

  /** Says how many rows there are, and that their keys may have changed. */
  update(count: number): void {
    this.#virtualizer.setOptions({ ...this.#virtualizer.options, count });
    this.#virtualizer._willUpdate();
    this.#virtualizer.measure();
    this.#read();
  }

  /** Brings a row into view, by as little as needed. */
  reveal(index: number): void {
    if (index >= 0) this.#virtualizer.scrollToIndex(index, { align: "auto" });
  }

  top(): void {
    this.#virtualizer.scrollToOffset(0);
  }

  /** Moves what is seen by so many rows, so that the rest seems to stand still. */
  shift(rows: number): void {
    if (rows !== 0 && this.#element !== null) this.#element.scrollTop += rows * this.#rowHeight;
  }

  #read(): void {
    this.items = this.#virtualizer.getVirtualItems();
    this.height = this.#virtualizer.getTotalSize();
  }
}
