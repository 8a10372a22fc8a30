import type { Difference } from '../../../../src/db/catalog/difference.ts';

/** What somebody does to a database of ours, and what is then said of it. */
export interface DriftCase {
  name: string;
  /** Statements, each sent by itself. */
  change: string[];
  /** All differences, in their order. */
  says: (readonly [severity: Difference['severity'], sentence: string])[];
  /** Only a person can mend it: some difference has no statement. */
  isForPersons?: true;
}
