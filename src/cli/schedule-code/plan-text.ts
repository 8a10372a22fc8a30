import type { ScheduleChange, SchedulePlan } from '../../client/index.ts';
import { cleanText } from '../terminal/clean-text.ts';
import type { Paint } from '../terminal/paint.ts';
import { valueText } from '../terminal/value-text.ts';

const SIGNS = { create: '+', update: '~', adopt: '>', delete: '-', left: '?', unchanged: '=' } as const;
const SAID = {
  create: 'to create',
  update: 'to update',
  adopt: 'to adopt',
  delete: 'to delete',
  left: 'left as they are',
  unchanged: 'unchanged',
} as const;
const ORDER = ['create', 'update', 'adopt', 'delete', 'left', 'unchanged'] as const;
const DRIFT = {
  edited: 'was edited in Temporal; that is put back',
  missing: 'was deleted in Temporal; it is made again',
  paused: 'was paused in Temporal; that is taken over',
  resumed: 'was resumed in Temporal; that is taken over',
} as const;
const EVENTS = {
  restore_schedule: 'was edited in Temporal, and put back',
  pause_schedule: 'was paused in Temporal',
  resume_schedule: 'was resumed in Temporal',
} as const;
const SHOWN = 60;

const short = (value: unknown): string => {
  const text = valueText(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
};

const dyeOf = (change: ScheduleChange['change'], paint: Paint): ((text: string) => string) => {
  if (change === 'create') return paint.green;
  if (change === 'delete') return paint.red;
  return change === 'left' ? paint.dim : paint.yellow;
};

/** On one line; `nothing` stands for what is not there. */
const shortLine = ({ path, before, after }: ScheduleChange['differences'][number]): string =>
  `    ${cleanText(path)}: ${before === null ? 'nothing' : short(before)} → ${after === null ? 'nothing' : short(after)}`;

const fullLines = ({ path, before, after }: ScheduleChange['differences'][number], paint: Paint): string[] => [
  `    ${cleanText(path)}`,
  ...(before === null ? [] : [paint.red(`      - ${valueText(before)}`)]),
  ...(after === null ? [] : [paint.green(`      + ${valueText(after)}`)]),
];

const changeLines = (one: ScheduleChange, paint: Paint, isFull: boolean): string[] => {
  const { change, name, job_serial: job, job_name: jobName, schedule_serial: serial, source, differences } = one;
  if (change === 'unchanged') return [];
  const of = `${name}${serial === null ? '' : ` (${serial})`} of ${jobName} (${job})`;
  const why = change === 'left' ? '  from code, but in none of these files: --prune deletes it' : source === null ? '' : `  ${source}`;
  const head = dyeOf(change, paint)(`${SIGNS[change]} ${cleanText(of)}`) + paint.dim(cleanText(why));
  if (isFull) return [head, ...differences.flatMap((difference) => fullLines(difference, paint))];
  return [head, ...(change === 'create' ? [] : differences.map(shortLine))];
};

const driftLines = ({ drift, drift_unknown: unknown, pending }: SchedulePlan, paint: Paint): string[] => [
  ...drift.map(({ name, schedule_serial: serial, kind }) => paint.yellow(cleanText(`! ${name} (${serial}) ${DRIFT[kind]}`))),
  ...(unknown === null ? [] : [paint.yellow(cleanText(`! ${unknown}`))]),
  ...(pending === 0 ? [] : [paint.yellow(`! ${pending} of which Temporal has not been told yet`)]),
];

const eventLines = ({ events }: SchedulePlan, paint: Paint, isFull: boolean): string[] =>
  events.length === 0
    ? []
    : [
        'In the last seven days:',
        ...events.flatMap(({ at, name, schedule_serial: serial, action, note, differences }) => [
          cleanText(`  ${at.slice(0, 16).replace('T', ' ')}  ${name} (${serial}) ${EVENTS[action]}${note === null ? '' : `: ${note}`}`),
          ...(isFull ? differences.flatMap((difference) => fullLines(difference, paint)) : []),
        ]),
      ];

/** What an apply would do, line by line. @param isFull with all values; else each difference is one line. */
export const planText = (plan: SchedulePlan, paint: Paint, isFull: boolean): string =>
  [...plan.changes.flatMap((change) => changeLines(change, paint, isFull)), ...driftLines(plan, paint), ...eventLines(plan, paint, isFull)]
    .map((line) => `${line}\n`)
    .join('');

/** `2 to create, 1 to update, 5 unchanged`. */
export const planSummary = ({ changes }: SchedulePlan): string => {
  const counts = Map.groupBy(changes, ({ change }) => change);
  return (
    ORDER.flatMap((change) => (counts.has(change) ? [`${counts.get(change)?.length ?? 0} ${SAID[change]}`] : [])).join(', ') ||
    'nothing is defined'
  );
};

/** Has an apply anything to do? */
export const hasWork = ({ changes, drift, pending }: SchedulePlan): boolean =>
  drift.length > 0 || pending > 0 || changes.some(({ change }) => change !== 'unchanged' && change !== 'left');
