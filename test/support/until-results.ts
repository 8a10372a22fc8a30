import type { TestPlatform } from './platform.ts';

/** What an API client reads of an attempt. */
export interface ResultRow {
  action_name: string;
  action_type: string;
  action_order: number;
  iteration: number;
  attempt: number;
  status: string;
  is_final: boolean;
  resolution: string | null;
  resolved_by: string | null;
  skip_reason: string | null;
  error_code: string | null;
  result_output: string;
  started_at: string;
  completed_at: string;
}

/** All attempts of a run, as far as one page shows them. */
export const resultsOf = async (platform: TestPlatform, serial: string): Promise<ResultRow[]> =>
  (await platform.api('GET', `/api/v1/executions/${serial}/results?limit=200`)).body.data;

/** Waits until the attempts of a run fit: looks at them now and after each change of the run; the time limit is that of the test. @returns them. */
export const untilResults = async (platform: TestPlatform, serial: string, fit: (rows: ResultRow[]) => boolean): Promise<ResultRow[]> => {
  let wake = (): void => {};
  const unsubscribe = platform.feed.subscribe(serial, () => wake());
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => (wake = resolve));
      const rows = await resultsOf(platform, serial);
      if (fit(rows)) return rows;
      await changed;
    }
  } finally {
    unsubscribe();
  }
};

/** Fits when an action is in this state, in this turn. */
export const isIn =
  (name: string, status: string, iteration = 1) =>
  (rows: ResultRow[]): boolean =>
    rows.some((row) => row.action_name === name && row.status === status && row.iteration === iteration);
