import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { SteadyApi } from './steady-api.ts';

/** Lines that each command of the load prints, numbered. */
export const LINES_OF_COMMAND = 12;

const JobCreated = z.object({ job_serial: z.string() });

export const markerFolder = (folder: string): string => join(folder, 'markers');

/**
 * A command that says on its target that it began and that it ended, under the mark that each attempt has, and prints numbered lines between.
 * @param fails it fails in one second of four, so that a retry may fare better
 */
const markingCommand = (folder: string, seconds: number, fails = false): string =>
  [
    `echo "begin $OPSCONDUCTOR_ACTION" >> ${folder}/$TARGET_SERIAL`,
    `i=0; while [ $i -lt ${LINES_OF_COMMAND} ]; do i=$((i+1)); echo "line $i"; done`,
    `sleep ${seconds}`,
    `echo "end $OPSCONDUCTOR_ACTION" >> ${folder}/$TARGET_SERIAL`,
    ...(fails ? ['[ $(( $(date +%s) % 4 )) -ne 0 ]'] : []),
  ].join('\n');

const jobsOf = (markers: string): { name: string; actions: object[]; settings?: object }[] => {
  const mark = (name: string, seconds: number, fields: object = {}, fails = false) => ({
    action_type: 'command',
    action_name: name,
    action_parameters: { command: markingCommand(markers, seconds, fails) },
    timeout_seconds: 120,
    ...fields,
  });
  const retries = { retry_count: 3, retry_delay_seconds: 1, on_failure: 'continue' };
  const approval = { approvers: [{ type: 'role', value: 'admin' }], timeoutSeconds: 900 };
  const twice = { ...retries, action_config: { delivery: 'at_least_once' } };
  const atOnce = { actions: [mark('left', 0.5), mark('middle', 0.1, retries, true), mark('right', 1)], maxConcurrency: 2 };
  const decide = (name: string, parameters: object) => ({ action_type: 'condition', action_name: name, action_parameters: parameters });
  const lanes = [
    decide('turns', { conditionType: 'for', expression: '3', loop: [mark('turn', 0.1)] }),
    // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
    decide('either', { conditionType: 'if', expression: 'TARGET_OS == "linux"', then: [mark('chosen', 0.1)] }),
    { action_type: 'wait', action_name: 'wait', action_parameters: { seconds: 2 } },
    decide('again', { conditionType: 'for', expression: '2', loop: [mark('may fail in a turn', 0.1, retries, true)] }),
  ];
  return [
    {
      name: 'lanes',
      actions: [{ action_type: 'parallel', action_name: 'lanes', action_parameters: { actions: lanes } }, mark('behind them', 0.1)],
    },
    { name: 'three in a row', actions: [mark('one', 0.2), mark('two', 0.2), mark('three', 0.2)] },
    { name: 'with retries', actions: [mark('may fail', 0.3, retries, true), mark('after it', 0.1)] },
    { name: 'slow', actions: [mark('slow', 4), mark('then', 0.1)] },
    { name: 'at once', actions: [{ action_type: 'parallel', action_name: 'block', action_parameters: atOnce }, mark('after it', 0.1)] },
    {
      name: 'asks',
      actions: [mark('before', 0.1), { action_type: 'approval', action_name: 'ask', action_parameters: approval }, mark('after', 0.1)],
    },
    { name: 'may run twice', actions: [mark('twice', 1, twice), mark('then', 0.1)] },
    {
      name: 'in batches',
      actions: [mark('one', 0.2), mark('may fail', 0.2, retries, true)],
      settings: { rollout: { batches: [{ count: 1 }, { percent: 40 }], between_batches: { seconds: 3 } } },
    },
    {
      name: 'in approved batches',
      actions: [mark('one', 0.2)],
      settings: { rollout: { batches: [{ count: 2 }, { percent: 50 }], between_batches: { approvers: approval.approvers } } },
    },
    {
      name: 'undoes',
      actions: [mark('done', 0.1, { rollback: [mark('undo', 0.1)] }), mark('breaks', 0.1, { on_failure: 'rollback' }, true)],
    },
  ];
};

/** Defines the jobs of the load, each over a share of the fleet. @param markers folder that every target may write to. @returns their serials */
export const defineJobs = async (api: SteadyApi, targets: readonly string[], markers: string): Promise<string[]> => {
  await mkdir(markers, { recursive: true });
  await chmod(markers, 0o777);
  const jobs = jobsOf(markers);
  const share = Math.ceil(targets.length / jobs.length);
  return Promise.all(
    jobs.map(async (job, at) => {
      const own = targets.slice(at * share, (at + 1) * share);
      const settings = { max_concurrent_targets: 25, ...job.settings };
      return JobCreated.parse((await api.post('/jobs', { ...job, settings, targets: own })).body).job_serial;
    }),
  );
};
