import { Option } from 'commander';
import type { Command } from 'commander';
import type { AuditStatistics } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { parseCount } from '../command-options.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

const statisticsRows = ({ by_event_type, by_severity, by_user, by_day, total }: AuditStatistics): string[][] => [
  ...by_event_type.map(({ event_type: type, events }) => ['type', type, String(events)]),
  ...by_severity.map(({ severity, events }) => ['severity', severity, String(events)]),
  ...by_user.map(({ username, events }) => ['user', username, String(events)]),
  ...by_day.map(({ day, events }) => ['day', day, String(events)]),
  ['all', '', String(total)],
];

const statistics = async (context: CliContext, { days }: { days?: number }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const counted = await session.client.getAuditStatistics({ days });
  const table = renderTable([['BY', 'WHICH', 'EVENTS'], ...statisticsRows(counted)], { width: session.width, right: [2] });
  await session.print(counted, table);
  session.say(`Since ${timeText(counted.from)}.`);
};

const types = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const known = await session.client.getAuditEventTypes();
  const rows = [
    ...known.event_types.map((name) => ['type', name]),
    ...known.severities.map((name) => ['severity', name]),
    ...known.actor_types.map((name) => ['actor', name]),
  ];
  await session.print(known, renderTable([['WHAT', 'MAY BE'], ...rows], { width: session.width }));
};

/** `audit statistics|types`. */
export const registerAuditFacts = (audit: Command, context: CliContext): void => {
  audit
    .command('statistics')
    .description('count events by type, severity, user and day')
    .addOption(new Option('--days <n>', 'so many days back from now (1 to 366); default 30').argParser(parseCount))
    .action((options: { days?: number }, command: Command) => statistics(context, options, command));
  audit
    .command('types')
    .description('list what events may be: types, severities, and who acts')
    .action((_options: object, command: Command) => types(context, command));
};
