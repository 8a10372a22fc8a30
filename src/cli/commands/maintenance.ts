import type { Command } from 'commander';
import type { Maintenance } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { timeText } from '../terminal/time-text.ts';

interface NoteOption {
  note?: string;
}

const runs = (count: number): string => `${count} run${count === 1 ? '' : 's'}`;

const print = (session: CliSession, state: Maintenance): Promise<void> => {
  const since = state.changed_by === null ? '' : `, since ${timeText(state.changed_at)} by ${state.changed_by}`;
  const rest = `${runs(state.running)} not ended, ${runs(state.waiting)} waiting`;
  return session.print(state, `Maintenance is ${state.enabled ? 'on' : 'off'}${since}: ${rest}.\n`);
};

/** `maintenance on|off|status`. */
export const registerMaintenance = (program: Command, context: CliContext): void => {
  const maintenance = program.command('maintenance').description('no run is started or begins; running ones go on to their end');
  const change =
    (enabled: boolean) =>
    async ({ note }: NoteOption, command: Command): Promise<void> => {
      const session = await openSession(context, command);
      await print(session, await session.client.changeMaintenance({ enabled, ...(note !== undefined && { note }) }));
    };
  maintenance
    .command('on')
    .description('begin the maintenance')
    .option('--note <text>', 'why; stands in the audit trail')
    .action(change(true));
  maintenance
    .command('off')
    .description('end it: the runs that wait begin')
    .option('--note <text>', 'why; stands in the audit trail')
    .action(change(false));
  maintenance
    .command('status')
    .description('is it on, and what runs and waits?')
    .action(async (_options: object, command: Command) => {
      const session = await openSession(context, command);
      await print(session, await session.client.getMaintenance());
    });
};
