import type { Command } from 'commander';
import type { JobPlan } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { planText } from '../plan-text.ts';
import { addInputOptions, readTargetsAndVariables } from '../run-input.ts';
import type { InputOptions } from '../run-input.ts';

interface PlanOptions extends InputOptions {
  probe?: boolean;
  limit: number;
}

const PAGE = 100;
const PAGE_OF_PROBES = 16;

const readPlan = async (session: CliSession, job: string, { probe = false, limit, ...options }: PlanOptions): Promise<JobPlan> => {
  const input = await readTargetsAndVariables(session, job, options);
  const page = probe ? PAGE_OF_PROBES : PAGE;
  const plan = await session.client.planJob(job, { ...input, probe, limit: Math.min(page, limit) });
  while (plan.next !== null && plan.targets.length < limit) {
    const wanted = Math.min(page, limit - plan.targets.length);
    const { targets, next } = await session.client.planJob(job, { ...input, probe, limit: wanted, cursor: plan.next });
    plan.targets.push(...targets);
    plan.next = next;
  }
  return plan;
};

const show = async (context: CliContext, job: string, options: PlanOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const plan = await readPlan(session, job, options);
  await session.print(plan, planText(plan, session));
  const hasFailed = plan.targets.some(({ probes }) => probes.some(({ result }) => result === 'failure'));
  if (hasFailed) process.exitCode = EXIT_CODES.failed;
};

/** `jobs plan`. */
export const registerPlanJob = (jobs: Command, context: CliContext): void => {
  addInputOptions(jobs.command('plan <serial>').description('show what a run would do on each target; runs nothing'))
    .option('--probe', 'also connect to the targets and log in; exits with 1 when one fails')
    .addOption(limitOption(10))
    .action((serial: string, options: PlanOptions, command: Command) => show(context, serial, options, command));
};
