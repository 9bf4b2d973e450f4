/**
 * One press is one yes. The second half of a double click falls on whatever has come under the pointer meanwhile:
 * the button that was asked for next, or the one of the row that moved up.
 */
export function once(run: () => void): (event: MouseEvent) => void {
  return (event) => {
    if (event.detail < 2) run();
  };
}
