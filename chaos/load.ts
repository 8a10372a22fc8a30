import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { mapLimit } from '../bench/support/map-limit.ts';
import { loopbackAddress } from '../bench/support/sshd.ts';
import type { BenchSshd } from '../bench/support/sshd.ts';
import type { SteadyApi } from './steady-api.ts';

/** Lines that each command of the load prints, numbered. */
export const LINES_OF_COMMAND = 12;
const REGISTER_AT_ONCE = 8;

const Created = z.object({ target_serial: z.string() });
const JobCreated = z.object({ job_serial: z.string() });
const Started = z.object({ execution_serial: z.string() });
const Run = z.object({ execution_serial: z.string(), status: z.string(), completed_at: z.string().nullable() });

/** A run that was started, and whether somebody asked to cancel it. */
export interface StartedRun {
  serial: string;
  isCancelled: boolean;
}

export const registerFleet = async (api: SteadyApi, sshd: BenchSshd, count: number): Promise<string[]> => {
  const credential = { credential_type: 'ssh_key', username: sshd.username, private_key: sshd.privateKey };
  const addresses = Array.from({ length: count }, (_, index) => loopbackAddress(index));
  return mapLimit(addresses, REGISTER_AT_ONCE, async (host, at) => {
    const methods = [{ method_type: 'ssh', host, port: sshd.port, credential }];
    return Created.parse((await api.post('/targets', { name: `host-${at + 1}`, methods })).body).target_serial;
  });
};

/**
 * A command that says on its target that it began and that it ended, under the mark that each attempt has, and prints numbered lines between.
 * @param fails every how many targets it fails; a retry of it then fails again or not, by the second in which it runs.
 */
const markingCommand = (folder: string, seconds: number, fails: boolean): string =>
  [
    `echo "begin $OPSCONDUCTOR_ACTION" >> ${folder}/$TARGET_SERIAL`,
    `i=0; while [ $i -lt ${LINES_OF_COMMAND} ]; do i=$((i+1)); echo "line $i"; done`,
    `sleep ${seconds}`,
    `echo "end $OPSCONDUCTOR_ACTION" >> ${folder}/$TARGET_SERIAL`,
    ...(fails ? ['[ $(( $(date +%s) % 4 )) -ne 0 ]'] : []),
  ].join('\n');

const action = (name: string, command: string, fields: object = {}) => ({
  action_type: 'command',
  action_name: name,
  action_parameters: { command },
  timeout_seconds: 120,
  ...fields,
});

/** Jobs of the load, over shares of the fleet. @param markers folder that every target may write to. @returns their serials. */
export const defineLoad = async (api: SteadyApi, targets: readonly string[], markers: string): Promise<string[]> => {
  await mkdir(markers, { recursive: true });
  await chmod(markers, 0o777);
  const settings = { max_concurrent_targets: 40 };
  const jobs = [
    { name: 'three in a row', actions: [1, 2, 3].map((at) => action(`step ${at}`, markingCommand(markers, 0.2, false))) },
    {
      name: 'with retries',
      actions: [
        action('may fail', markingCommand(markers, 0.3, true), { retry_count: 3, retry_delay_seconds: 1, on_failure: 'continue' }),
        action('after it', markingCommand(markers, 0.1, false)),
      ],
    },
    { name: 'slow', actions: [action('slow', markingCommand(markers, 4, false)), action('then', markingCommand(markers, 0.1, false))] },
  ];
  const share = Math.ceil(targets.length / jobs.length);
  return Promise.all(
    jobs.map(async (job, at) => {
      const own = targets.slice(at * share, (at + 1) * share);
      return JobCreated.parse((await api.post('/jobs', { ...job, settings, targets: own })).body).job_serial;
    }),
  );
};

/** Starts run after run of a job until the time is over; some are cancelled while they run. Every run that was accepted is in `runs`. */
export const keepRunning = async (api: SteadyApi, job: string, until: number, runs: StartedRun[]): Promise<void> => {
  for (let number = 1; Date.now() < until; number += 1) {
    const { execution_serial: serial } = Started.parse((await api.post(`/jobs/${job}/executions`, {})).body);
    const run: StartedRun = { serial, isCancelled: number % 4 === 0 };
    runs.push(run);
    if (run.isCancelled) {
      await pause(3_000);
      // 409: it ended before.
      await api.post(`/executions/${serial}/cancel`, {});
    }
    await untilEnded(api, serial, until);
  }
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for the end of a run, at most until the given time. @returns did it end? */
export const untilEnded = async (api: SteadyApi, serial: string, until: number): Promise<boolean> => {
  for (;;) {
    const run = Run.parse(await api.get(`/executions/${serial}`));
    if (run.completed_at !== null) return true;
    if (Date.now() > until) return false;
    await pause(500);
  }
};

export const markerFolder = (folder: string): string => join(folder, 'markers');
