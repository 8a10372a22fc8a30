import { openClient } from './open-client.ts';

/** Done when a session waits for a lock within this statement. @returns its process id. */
export const untilWaiting = async (url: string, statement: string): Promise<number> => {
  await using client = await openClient(url);
  for (;;) {
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
      [`${statement}%`],
    );
    if (rows[0] !== undefined) return rows[0].pid;
  }
};
