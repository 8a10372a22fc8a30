import { z } from 'zod';
import type { StartedRun } from './load.ts';
import type { SteadyApi } from './steady-api.ts';

const Runs = z.object({ data: z.array(z.object({ execution_serial: z.string(), hold_reason: z.string().nullable() })) });
const Running = z.object({
  data: z.array(z.object({ branch_serial: z.string(), action_order: z.number(), action_type: z.string() })),
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What people did to runs that were going on, and how often it was taken. */
export type Steered = Map<string, number>;

/** One request; 409 is an answer, too: the run was not in that state any more. */
const ask = async (api: SteadyApi, steered: Steered, what: string, path: string, body: object = {}): Promise<void> => {
  const { status, body: answer } = await api.post(path, body);
  if (status !== 200 && status !== 201 && status !== 202 && status !== 409)
    throw new Error(`POST ${path} answered ${status}: ${JSON.stringify(answer)}`);
  if (status !== 409) steered.set(what, (steered.get(what) ?? 0) + 1);
};

const runningAction = async (
  api: SteadyApi,
  run: string,
  types: readonly string[],
): Promise<{ branch: string; order: number } | undefined> => {
  const { data } = Running.parse(await api.get(`/executions/${run}/results?status=running&limit=20`));
  const found = data.find(({ action_type: type }) => types.includes(type));
  return found && { branch: found.branch_serial, order: found.action_order };
};

const MOVES: readonly ((api: SteadyApi, steered: Steered, run: string) => Promise<void>)[] = [
  async (api, steered, run) => {
    await ask(api, steered, 'pause', `/executions/${run}/pause`);
    await pause(2_000);
    await ask(api, steered, 'resume', `/executions/${run}/resume`);
  },
  (api, steered, run) => ask(api, steered, 'retry', `/executions/${run}/retry`),
  (api, steered, run) => ask(api, steered, 'retry from the failed action', `/executions/${run}/retry`, { from: 'failed_action' }),
  async (api, steered, run) => {
    const found = await runningAction(api, run, ['command', 'wait']);
    if (found !== undefined)
      await ask(api, steered, 'skip', `/executions/${run}/branches/${found.branch}/skip`, { action_order: found.order });
  },
  async (api, steered, run) => {
    const found = await runningAction(api, run, ['command']);
    if (found !== undefined) await ask(api, steered, 'cancel a branch', `/executions/${run}/branches/${found.branch}/cancel`);
  },
];

const isOpen = async (api: SteadyApi, run: string): Promise<boolean> =>
  z.object({ completed_at: z.string().nullable() }).parse(await api.get(`/executions/${run}`)).completed_at === null;

/** Pauses, resumes, retries, skips and cancels in runs that go on, until the time is over; what it paused it has resumed then. */
export const keepSteering = async (api: SteadyApi, runs: readonly StartedRun[], steered: Steered, until: number): Promise<void> => {
  for (let number = 0; Date.now() < until; number += 1) {
    await pause(500);
    const run = runs.at(-1 - (number % 7));
    const move = MOVES[number % MOVES.length];
    if (run !== undefined && move !== undefined && (await isOpen(api, run.serial))) await move(api, steered, run.serial);
  }
};

/** Approves each batch that waits for it, until it is told to stop; one in five is rejected. */
export const keepApprovingBatches = async (api: SteadyApi, steered: Steered, isOver: () => boolean): Promise<void> => {
  for (let number = 1; !isOver();) {
    const { data } = Runs.parse(await api.get('/executions?status=running&limit=100'));
    for (const { execution_serial: run, hold_reason: hold } of data) {
      if (isOver()) return;
      if (hold !== 'approval') continue;
      const answer = number % 5 === 0 ? 'rejected' : 'approved';
      await ask(api, steered, `batch ${answer}`, `/executions/${run}/approve`, { answer });
      number += 1;
    }
    await pause(1_000);
  }
};
