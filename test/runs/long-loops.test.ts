import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CreateJob } from '../../src/contracts/job.ts';
import { flattenActions } from '../../src/domain/flatten-actions.ts';
import { eventsOf } from '../../src/domain/history-bound.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { markedProcesses } from '../support/marked-processes.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { startShortHistories } from '../support/short-histories.ts';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

const SUGGESTED = 60;
/** Events of a branch without actions. */
const EMPTY = 7;

const named = (name: string, text: string, fields: object = {}) => command(text, { action_name: name, action_key: name, ...fields });
const condition = (name: string, parameters: object, fields: object = {}) => ({
  action_type: 'condition',
  action_name: name,
  action_key: name,
  action_parameters: parameters,
  ...fields,
});
const over = (name: string, expression: string, loop: object[]) => condition(name, { conditionType: 'for', expression, loop });
/** A list of actions is nothing that `await` would call. */
const either = (name: string, expression: string, first: object[], second: object[]) =>
  // oxlint-disable-next-line unicorn/no-thenable
  condition(name, { conditionType: 'if', expression, then: first, else: second });
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.skipIf(withoutSshd)(
  `branches longer than one history, on a server that suggests a new one after ${SUGGESTED} events (OpenSSH)`,
  () => {
    let temporal: Awaited<ReturnType<typeof startShortHistories>>;
    let platform: TestPlatform;
    let fleet: Fleet;
    let target: string;
    let files = 0;
    beforeAll(async () => {
      [temporal, fleet] = await Promise.all([startShortHistories(SUGGESTED), startFleet()]);
      platform = await startTestPlatform({ temporalAddress: temporal.address });
      [target = ''] = await addTargets(platform, fleet, 1);
    });
    afterAll(async () => {
      await platform[Symbol.asyncDispose]();
      await fleet[Symbol.asyncDispose]();
      await temporal[Symbol.asyncDispose]();
    });

    /** A file in which programs leave their words. */
    const newLog = () => {
      files += 1;
      const path = join(fleet.folder, `long-${files}`);
      return {
        path,
        says: (word: string) => `echo ${word} >> ${path}`,
        words: () => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []),
      };
    };
    /** How many events each history of the branch has, the last one first. */
    const historiesOf = async (serial: string): Promise<number[]> => {
      const lengths: number[] = [];
      let runId: string | undefined;
      do {
        const history: History = await platform.client.workflow.getHandle(`${serial}/b/${target}`, runId).fetchHistory();
        lengths.push(history.events?.length ?? 0);
        runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
      } while (runId !== '');
      return lengths;
    };
    const branchOf = async (serial: string) => (await platform.api('GET', `/api/v1/executions/${serial}/branches`)).body.data[0];
    const resultsOf = async (serial: string) =>
      (await platform.api('GET', `/api/v1/executions/${serial}/results?limit=200`)).body.data as {
        action_name: string;
        iteration: number;
        status: string;
      }[];

    test('loops inside loops go on in new histories: no turn is left out, done twice, or has the item of another', async () => {
      const log = newLog();
      const { serial } = await runJob(
        platform,
        [target],
        [
          named('before', log.says('before')),
          over('outer', '["a", "b", "c"]', [
            named('head', log.says('"$LOOP_ITEM"')),
            over('inner', '6', [
              either(
                'choice',
                'LOOP_INDEX % 2 == 0',
                [named('even', log.says('"$LOOP_INDEX"'))],
                [named('odd', log.says('"-$LOOP_INDEX"'))],
              ),
            ]),
            named('foot', log.says('"/$LOOP_ITEM"')),
          ]),
          named('behind', log.says('behind'), { dependencies: [{ action_key: 'before' }, { action_key: 'outer' }] }),
        ],
      );
      expect((await platform.untilEnded(serial)).status).toBe('completed');
      expect(log.words()).toEqual([
        'before',
        ...['a', 'b', 'c'].flatMap((item) => [item, '0', '-1', '2', '-3', '4', '-5', `/${item}`]),
        'behind',
      ]);
      const lengths = await historiesOf(serial);
      expect(lengths.length).toBeGreaterThan(2);
      expect(Math.max(...lengths)).toBeLessThan(SUGGESTED + 40);
      const results = await resultsOf(serial);
      expect(results.filter((row) => row.action_name === 'even').map((row) => row.iteration)).toEqual(numbers(9).map((index) => index + 1));
      expect(results.filter((row) => row.status !== 'completed')).toEqual([]);
    });

    test('a while goes on by what its last turn said, which was in the history before', async () => {
      const log = newLog();
      const { serial } = await runJob(
        platform,
        [target],
        [
          named('first', 'echo 0'),
          condition('again', {
            conditionType: 'while',
            expression: 'int(PREVIOUS_ACTION_OUTPUT) < 30',
            loop: [named('count', `${log.says('x')}; wc -l < ${log.path}`)],
          }),
        ],
      );
      expect((await platform.untilEnded(serial)).status).toBe('completed');
      expect(log.words()).toHaveLength(30);
      expect((await historiesOf(serial)).length).toBeGreaterThan(1);
    });

    test('a long list goes on in new histories, also behind the failure that ended it, for those who depend on it', async () => {
      const log = newLog();
      const { serial } = await runJob(
        platform,
        [target],
        [
          ...numbers(8).map((index) => named(`step_${index}`, log.says(`${index}`))),
          named('bad', 'exit 3'),
          named('never', log.says('never')),
          ...numbers(16).map((index) =>
            named(`mend_${index}`, log.says(`m${index}`), { dependencies: [{ action_key: 'bad', status: 'failure' }] }),
          ),
          named('last', log.says('last'), { dependencies: [{ action_key: 'mend_15' }] }),
        ],
      );
      expect((await platform.untilEnded(serial)).status).toBe('failed');
      expect(log.words()).toEqual([...numbers(8).map(String), ...numbers(16).map((index) => `m${index}`), 'last']);
      expect((await branchOf(serial)).result_error).toContain('Action 9 (bad) failed.');
      expect((await historiesOf(serial)).length).toBeGreaterThan(2);
    });

    test('a rollback goes on in new histories, the last turn of a loop first, and remembers a cancel in its midst', async () => {
      const [log, go] = [newLog(), join(fleet.folder, 'rollback-go')];
      const undo = [
        named('hold', `echo held; [ "$LOOP_INDEX" != 23 ] || until [ -e ${go} ]; do sleep 0.05; done`),
        named('undo', `${log.says('"$LOOP_INDEX"')}; [ "$LOOP_INDEX" != 5 ]`),
      ];
      const { serial } = await runJob(
        platform,
        [target],
        [
          named('base', 'true', { rollback: [named('undo_base', log.says('base'))] }),
          over('loop', '24', [named('step', 'true', { rollback: undo })]),
          named('bad', 'exit 3', { on_failure: 'rollback' }),
        ],
      );
      await untilEvents(platform, serial, 1, saysLine('held'));
      await platform.api('POST', `/api/v1/executions/${serial}/cancel`);
      writeFileSync(go, '');
      expect((await platform.untilEnded(serial)).status).toBe('cancelled');
      expect(log.words()).toEqual([...numbers(24).map((index) => `${23 - index}`), 'base']);
      expect((await branchOf(serial)).status).toBe('cancelled');
      const lengths = await historiesOf(serial);
      expect(lengths.length).toBeGreaterThan(4);
      expect(Math.max(...lengths)).toBeLessThan(SUGGESTED + 40);
    });

    test('a parallel block stays in one history, which never has more events than were reckoned when the job was saved', async () => {
      const log = newLog();
      const body = {
        name: 'reckoned',
        targets: [target],
        actions: [
          {
            action_type: 'parallel',
            action_name: 'block',
            action_parameters: {
              maxConcurrency: 3,
              actions: [
                condition('turns', {
                  conditionType: 'for',
                  expression: '12',
                  maxIterations: 12,
                  loop: [
                    named('turn', log.says('turn')),
                    either('odd', 'LOOP_INDEX % 2 == 1', [named('odd_turn', log.says('odd'))], [named('even_turn', 'true')]),
                  ],
                }),
                condition('rounds', {
                  conditionType: 'for',
                  expression: '3',
                  maxIterations: 3,
                  loop: [named('fails', 'exit 1', { retry_count: 1, retry_delay_seconds: 1, on_failure: 'continue' })],
                }),
                { action_type: 'wait', action_name: 'rest', action_parameters: { seconds: 1 } },
                {
                  action_type: 'approval',
                  action_name: 'ask',
                  action_parameters: { approvers: [{ type: 'role', value: 'admin' }], timeoutSeconds: 1, onTimeout: 'approve' },
                },
                named('guarded', 'true', { conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'plan9' }] }),
              ],
            },
          },
        ],
      };
      const flat = flattenActions(CreateJob.parse(body).actions);
      const reckoned = flat.slice(0, 1).reduce((_, block) => eventsOf(block, flat, 0), 0);
      const { serial } = await runJob(platform, [target], body.actions);
      expect((await platform.untilEnded(serial)).status).toBe('completed');
      expect(log.words()).toHaveLength(18);
      const [events = 0, ...others] = await historiesOf(serial);
      expect(others).toEqual([]);
      expect(events).toBeGreaterThan(SUGGESTED);
      expect(events - EMPTY).toBeLessThan(reckoned);
    });

    test.each(['cancelled', 'timed out'])(
      'a run that is %s reaches the branch in its later history: the program under way is ended',
      async (end) => {
        const { serial } = await runJob(
          platform,
          [target],
          [over('loop', '20', [named('step', '[ "$LOOP_INDEX" != 12 ] || { echo begun; sleep 317; }')])],
          { timeout_seconds: end === 'cancelled' ? null : 10 },
        );
        await untilEvents(platform, serial, 1, saysLine('begun'));
        expect((await historiesOf(serial)).length).toBeGreaterThan(1);
        const marker = `${serial}.0001.0002/13/1`;
        expect(markedProcesses(marker)).not.toEqual([]);
        if (end === 'cancelled') await platform.api('POST', `/api/v1/executions/${serial}/cancel`);
        expect((await platform.untilEnded(serial)).status).toBe(end === 'cancelled' ? 'cancelled' : 'failed');
        expect(markedProcesses(marker)).toEqual([]);
        expect((await branchOf(serial)).error_code).toBe(end === 'cancelled' ? null : 'RUN_TIMED_OUT');
      },
    );

    test('the failures of a rollback are counted over its histories', async () => {
      const log = newLog();
      const { serial } = await runJob(
        platform,
        [target],
        [
          over('loop', '12', [named('step', 'true', { rollback: [named('undo', `${log.says('x')}; [ $((LOOP_INDEX % 4)) != 0 ]`)] })]),
          named('bad', 'exit 3', { on_failure: 'rollback' }),
        ],
      );
      expect((await platform.untilEnded(serial)).status).toBe('failed');
      expect(log.words()).toHaveLength(12);
      expect((await branchOf(serial)).result_error).toContain('12 actions were to be rolled back; 3 of the rollbacks failed');
    });
  },
);
