import { readRights } from '../../../src/services/live/recheck-access.ts';
import { readRuns, readRunsSince } from '../../../src/services/live/runs-topic.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const AWAY_MS = 60_000;

/** What the hub of live events asks for all who follow. */
export const liveCases = ({ db, services, filled: { runs } }: World): QueryCase[] => {
  const since = new Date(Date.now() - AWAY_MS).toISOString();
  const serials = (n: number): string[] => Array.from({ length: 20 }, (_, index) => pick(runs, n + index).serial);
  const open = (from: string) => readRunsSince(db, { job: undefined, since: from, after: 0 });
  return [
    {
      name: 'who may follow',
      kind: 'page',
      covers: ['readRights'],
      call: () => readRights(services, ['session 1', 'session 2', 'token 1', 'token 2']),
    },
    { name: 'runs that have changed', kind: 'page', covers: ['readRuns'], call: (n) => readRuns(db, serials(n)) },
    { name: 'runs that are open', kind: 'page', covers: ['readRunsSince'], call: () => open('') },
    { name: 'runs since a minute', kind: 'page', covers: ['readRunsSince'], call: () => open(since) },
    {
      name: 'runs of a job since a minute',
      kind: 'page',
      covers: ['readRunsSince'],
      call: (n) => readRunsSince(db, { job: 1 + (n % 5), since, after: 0 }),
    },
  ];
};
