/** What the workflow of a firing says of itself. */
export interface FiringInput {
  /** Uuid of the schedule. */
  schedule: string;
  workflowId: string;
  runId: string;
  /** Planned time before jitter, ISO 8601; of what a person asked for its request. */
  nominal: string;
  /** When the workflow was started. */
  startedAt: string;
}

/** How a firing goes on. `end`: nothing is started, and its row says why. `firing` is the id of its row in the ledger. */
export type FiringStep = { go: 'run'; firing: number } | { go: 'wait'; firing: number; waitMs: number } | { go: 'end' };

/** The run of a firing, as its row; null: none was started. */
export type FiringRun = { execution: string; workflowId: string } | null;

/** How the run of a firing has ended; `none`: there was none. */
export type FiringEnd = 'completed' | 'failed' | 'cancelled' | 'none';
