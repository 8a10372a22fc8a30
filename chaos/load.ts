import { z } from 'zod';
import { mapLimit } from '../bench/support/map-limit.ts';
import { loopbackAddress } from '../bench/support/sshd.ts';
import type { BenchSshd } from '../bench/support/sshd.ts';
import type { SteadyApi } from './steady-api.ts';

const REGISTER_AT_ONCE = 8;

const Created = z.object({ target_serial: z.string() });
const Started = z.object({ execution_serial: z.string() });
const Approvals = z.object({ data: z.array(z.object({ action_serial: z.string(), execution_serial: z.string() })) });
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

/** An answer that the API has acknowledged. */
export interface GivenAnswer {
  action: string;
  answer: 'approved' | 'rejected';
}

const REJECT_EVERY = 5;

/** Answers whatever waits for an answer until it is told to stop; one in five is rejected. */
export const keepAnswering = async (api: SteadyApi, answers: GivenAnswer[], isOver: () => boolean): Promise<void> => {
  for (let number = 1; !isOver();) {
    const { data } = Approvals.parse(await api.get('/executions/approvals?limit=100'));
    for (const { action_serial: action, execution_serial: run } of data) {
      if (isOver()) return;
      const answer = number % REJECT_EVERY === 0 ? 'rejected' : 'approved';
      const { status } = await api.post(`/executions/${run}/actions/${action}/answer`, { answer });
      // 409: its run was cancelled meanwhile.
      if (status === 200) answers.push({ action, answer });
      number += 1;
    }
    await pause(1_000);
  }
};
