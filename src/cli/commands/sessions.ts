import type { Command } from 'commander';
import type { SessionStatus } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { allPages } from '../http/all-pages.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';
import { SESSION_HEADINGS, sessionRow } from '../user-text.ts';

const list = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const found = await Array.fromAsync(allPages((place) => session.client.listSessions({ ...place })));
  await session.print(found, renderTable([SESSION_HEADINGS, ...found.map(sessionRow)], { width: session.width }));
};

const printStatus = async (session: CliSession, status: SessionStatus): Promise<void> => {
  const minutes = Math.floor(status.seconds_left / 60);
  const text = `${minutes} minutes left; it ends at ${timeText(status.expires_at)}, or unused at ${timeText(status.idle_ends_at)}\n`;
  await session.print(status, text);
};

const revoke = async (context: CliContext, which: string | undefined, others: boolean, command: Command): Promise<void> => {
  if ((which === undefined) !== others)
    throw new OpsError('VALIDATION', 'Name one session (opsconductor sessions list), or give --others for all but this one.');
  const session = await openSession(context, command);
  if (which !== undefined) await session.client.revokeSession(which);
  const { ended } = which === undefined ? await session.client.revokeOtherSessions() : { ended: 1 };
  session.say(`Ended ${ended} session${ended === 1 ? '' : 's'}.`);
  if (session.isData) await session.print({ ended }, '');
};

/** `sessions list|status|extend|revoke`. */
export const registerSessions = (program: Command, context: CliContext): void => {
  const sessions = program.command('sessions').description('your own logins');
  sessions
    .command('list')
    .description('list your sessions that have not ended')
    .action((_options: object, command: Command) => list(context, command));
  sessions
    .command('status')
    .description('say when this session ends; asking does not keep it alive')
    .action(async (_options: object, command: Command) => {
      const session = await openSession(context, command);
      await printStatus(session, await session.client.getSession());
    });
  sessions
    .command('extend')
    .description('keep this session alive, as any other command does')
    .action(async (_options: object, command: Command) => {
      const session = await openSession(context, command);
      await printStatus(session, await session.client.extendSession());
    });
  sessions
    .command('revoke [session]')
    .description('end one of your sessions')
    .option('--others', 'end all but this one')
    .action((which: string | undefined, { others = false }: { others?: boolean }, command: Command) =>
      revoke(context, which, others, command),
    );
};
