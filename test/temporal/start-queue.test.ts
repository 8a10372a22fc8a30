import { expect, test } from 'vitest';
import { afterStart, createStartQueue } from '../../src/temporal/start-queue.ts';

/** A Temporal that takes runs when it is told to. */
const createSlowTemporal = () => {
  const open = new Map<string, (error?: Error) => void>();
  return {
    open,
    start: (_id: string, execution: string): Promise<void> =>
      new Promise((resolve, reject) => {
        open.set(execution, (error) => {
          open.delete(execution);
          if (error === undefined) resolve();
          else reject(error);
        });
      }),
  };
};

test('so many are started at once, in order; one that fails keeps none from being started', async () => {
  const temporal = createSlowTemporal();
  const queue = createStartQueue(temporal.start, { atOnce: 2 });
  for (const execution of ['a', 'b', 'c', 'd']) queue.startSoon(`job/${execution}`, execution, 'manual');
  const idle = queue.idle();
  expect([...temporal.open.keys()]).toEqual(['a', 'b']);
  temporal.open.get('b')?.(new Error('away'));
  await new Promise(setImmediate);
  expect([...temporal.open.keys()]).toEqual(['a', 'c']);
  temporal.open.get('a')?.();
  temporal.open.get('c')?.();
  await new Promise(setImmediate);
  expect([...temporal.open.keys()]).toEqual(['d']);
  temporal.open.get('d')?.();
  await idle;
  queue.startSoon('job/e', 'e', 'manual');
  expect([...temporal.open.keys()]).toEqual(['e']);
});

test('what waits when it stops is left to the reconciler', async () => {
  const temporal = createSlowTemporal();
  const queue = createStartQueue(temporal.start, { atOnce: 1 });
  for (const execution of ['a', 'b']) queue.startSoon(`job/${execution}`, execution, 'manual');
  const stopped = queue.stop();
  temporal.open.get('a')?.();
  await stopped;
  expect([...temporal.open.keys()]).toEqual([]);
});

test('what is asked of a workflow that is just being started waits for that, not for those that wait', async () => {
  const temporal = createSlowTemporal();
  const queue = createStartQueue(temporal.start, { atOnce: 1 });
  for (const execution of ['a', 'b']) queue.startSoon(`job/${execution}`, execution, 'manual');
  const asked: string[] = [];
  const ask = afterStart(queue, async (workflowId) => void asked.push(workflowId));
  const ofA = ask('job/a');
  await ask('job/b');
  expect(asked).toEqual(['job/b']);
  temporal.open.get('a')?.();
  await ofA;
  expect(asked).toEqual(['job/b', 'job/a']);
});
