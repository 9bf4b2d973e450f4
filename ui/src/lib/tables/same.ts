/**
 * Whether two values are written alike. What was not touched is the same object, so a long table is compared by
 * its changed rows only, on every key.
 */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  return (
    left.length === right.length &&
    left.every(([key, value]) => same(value, (other as Record<string, unknown>)[key]))
  );
}
