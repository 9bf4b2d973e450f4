/** A preview as it is shown, whichever table it is of. */

/** Messages of one kind, before and after. */
export interface PreviewSum {
  name: string;
  before: number;
  after: number;
}

/** A message that would become something else. */
export interface PreviewChange {
  subjectLine: string;
  /** UTC milliseconds. */
  sent: number;
  before: string;
  after: string;
  /** The word, or the rule and its words; empty where there is none. */
  why: string;
}
