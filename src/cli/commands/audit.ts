import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { AuditExportFormat } from '../../contracts/audit.ts';
import type { AuditEvent, AuditSeal, ExportAuditOptions, ListAuditEventsOptions, OneAuditEvent } from '../../client/index.ts';
import { AlertSeverity, AuditEventType } from '../../contracts/enums.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { allPages } from '../http/all-pages.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';
import { registerAuditFacts } from './audit-facts.ts';
import { verifyTrail } from './audit-verify.ts';

const HEADINGS = ['EVENT', 'TIME', 'SEVERITY', 'WHO', 'ACTION', 'RESOURCE'] as const;
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time (2025-03-01, 2025-03-01T08:00Z), or so long ago (30m, 12h, 7d). @throws InvalidArgumentError */
const parseTime = (text: string): string => {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : Date.now() - Number(count) * (UNIT_MS[unit] ?? 0);
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a time such as 2025-03-01T08:00Z, or how long ago: 30m, 12h, 7d.');
  return new Date(time).toISOString();
};

interface FilterOptions {
  type?: AuditEventType;
  severity?: ListAuditEventsOptions['severity'];
  user?: string;
  via?: string;
  resourceType?: string;
  resource?: string;
  ip?: string;
  request?: string;
  from?: string;
  to?: string;
  search?: string;
}

const withFilters = (command: Command): Command =>
  command
    .addOption(new Option('--type <type>', 'type of event').choices(AuditEventType.options))
    .addOption(new Option('--severity <severity>').choices(AlertSeverity.options))
    .option('--user <name>', 'who did it')
    .option('--via <uuid>', 'with which API token')
    .option('--resource-type <type>', 'to what kind of thing, such as universal_targets')
    .option('--resource <id>', 'to which: serial, uuid or name; with --resource-type')
    .option('--ip <address>', 'from which address')
    .option('--request <id>', 'in which request (X-Request-Id)')
    .option('--from <time>', 'from this time on (a time, or 30m, 12h, 7d ago)', parseTime)
    .option('--to <time>', 'before this time', parseTime)
    .option('--search <text>', 'text in the details; with --from, at most 7 days');

const queryOf = (options: FilterOptions) => ({
  event_type: options.type,
  severity: options.severity,
  user: options.user,
  via: options.via,
  resource_type: options.resourceType,
  resource_id: options.resource,
  ip: options.ip,
  request_id: options.request,
  from: options.from,
  to: options.to,
  search: options.search,
});

const whoOf = (event: AuditEvent): string => {
  const name = event.username ?? event.actor_type;
  return event.api_token === null ? name : `${name} (${event.api_token})`;
};

const rowOf = (event: AuditEvent): string[] => [
  String(event.id),
  timeText(event.occurred_at),
  event.severity,
  cleanText(whoOf(event)),
  event.action,
  cleanText(`${event.resource_type}${event.resource_id === null ? '' : ` ${event.resource_id}`}`),
];

const list = async (context: CliContext, { limit, ...options }: FilterOptions & { limit: number }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const query = queryOf(options);
  const events = await Array.fromAsync(allPages((place) => session.client.listAuditEvents({ ...query, ...place }), { limit }));
  await session.print(events, renderTable([HEADINGS, ...events.map(rowOf)], { width: session.width, right: [0] }));
  if (events.length === limit) session.say(`The newest ${limit}; more with --limit.`);
};

const describe = (event: OneAuditEvent): string => {
  const lines = [
    `${event.id}  ${event.action}  ${event.resource_type} ${event.resource_id ?? ''}`,
    `  type       ${event.event_type}, ${event.severity}`,
    `  time       ${timeText(event.occurred_at)}`,
    `  who        ${whoOf(event)}`,
    `  from       ${event.ip_address ?? ''}  ${event.user_agent ?? ''}`,
    `  request    ${event.request_id ?? ''}`,
    `  signature  ${event.signature}`,
    `  seal       ${event.seal_id ?? 'none yet'}`,
    ...JSON.stringify(event.details, null, 2)
      .split('\n')
      .map((line) => `  ${line}`),
  ];
  return lines.map((line) => `${cleanText(line)}\n`).join('');
};

const show = async (context: CliContext, id: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const event = await session.client.getAuditEvent(id);
  await session.print(event, describe(event));
  if (event.signature === 'invalid') process.exitCode = EXIT_CODES.failed;
};

const exportTrail = async (
  context: CliContext,
  { format, file: path, ...options }: FilterOptions & { format: NonNullable<ExportAuditOptions['format']>; file?: string },
  command: Command,
): Promise<void> => {
  const session = await openSession(context, command);
  const content = await session.client.exportAudit({ format, ...queryOf(options) });
  if (path === undefined || path === '-') return pipeline(content, context.stdout, { end: false });
  // A file that is there already is not the one that was asked for.
  await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 })).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OpsError('FILE_FAILED', `The export is not whole in ${path} (${why}). Name another file with --file.`, { cause });
  });
  session.say(`Written to ${path}.`);
};

const SEAL_HEADINGS = ['SEAL', 'EVENTS', 'FROM', 'TO', 'SEALED', 'HASH'] as const;
const sealRow = (seal: AuditSeal): string[] => [
  String(seal.id),
  String(seal.event_count),
  String(seal.from_event_id),
  String(seal.to_event_id),
  timeText(seal.sealed_at),
  seal.seal_hash,
];

/** `audit list|show|seals|verify|export|statistics|types`. */
export const registerAudit = (program: Command, context: CliContext): void => {
  const audit = program.command('audit').description('who did what, when and from where');
  withFilters(audit.command('list').description('search the audit trail, newest first'))
    .addOption(limitOption(200))
    .action((options: FilterOptions & { limit: number }, command: Command) => list(context, options, command));
  audit
    .command('show <event>')
    .description('one event, with its details and whether its signature holds')
    .action((id: string, _options: object, command: Command) => show(context, id, command));
  withFilters(audit.command('export').description('all events that the filters leave, as a file'))
    .addOption(new Option('--format <format>').choices(AuditExportFormat.options).default('csv'))
    .option('-o, --file <file>', 'file to write; default standard output')
    .action((options: FilterOptions & { format: NonNullable<ExportAuditOptions['format']>; file?: string }, command: Command) =>
      exportTrail(context, options, command),
    );
  audit
    .command('seals')
    .description('the seals of the trail, newest first')
    .addOption(limitOption(50))
    .action(async ({ limit }: { limit: number }, command: Command) => {
      const session = await openSession(context, command);
      const seals = await Array.fromAsync(allPages((place) => session.client.listAuditSeals(place), { limit }));
      await session.print(seals, renderTable([SEAL_HEADINGS, ...seals.map(sealRow)], { width: session.width, right: [0, 1, 2, 3] }));
    });
  audit
    .command('verify')
    .description('was anything altered, removed or put in behind OpsConductor? Exit code 1 if so')
    .option('--from <time>', 'only from this time on', parseTime)
    .option('--to <time>', 'only before this time', parseTime)
    .option('--anchor <hash>', 'hash of a seal that was noted earlier: it must still be there')
    .action((options: { from?: string; to?: string; anchor?: string }, command: Command) => verifyTrail(context, options, command));
  registerAuditFacts(audit, context);
};
