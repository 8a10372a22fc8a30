import type { ImportLine, ImportReport, ImportRow, ImportSummary } from '../client/index.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { CliSession } from './cli-session.ts';
import { cleanText } from './terminal/clean-text.ts';
import { paintFor } from './terminal/paint.ts';
import type { Paint } from './terminal/paint.ts';
import { percentText, progressBar } from './terminal/progress-bar.ts';
import { createProgressLine } from './terminal/progress-line.ts';
import { valueText } from './terminal/value-text.ts';

const LONGEST_BAR = 40;

/** Where a thing of the document stands in what a person wrote; the field may be empty. */
export type PlaceOf = (row: number | null, path: string) => string;

/** Takes what an import says as it comes, with a bar on a terminal. @throws OpsError PROTOCOL_ERROR when it breaks off */
export const followImport = async (
  { stderr, config }: Pick<CliSession, 'stderr' | 'config'>,
  lines: AsyncIterable<ImportLine>,
): Promise<ImportReport> => {
  const line = createProgressLine(stderr);
  const paint = paintFor(stderr, config.noColor);
  const rows: ImportRow[] = [];
  let total = 0;
  let failed = 0;
  let summary: ImportSummary | undefined;
  const drawn = (columns: number): string => {
    const progress = { done: rows.length, failed, total };
    const facts = ` ${percentText(progress).padStart(5)}  ${rows.length}/${total}${failed === 0 ? '' : `, ${failed} failed`}`;
    const width = Math.min(LONGEST_BAR, columns - facts.length - 2);
    return width < 5 ? facts.trim().slice(0, columns) : `[${progressBar(progress, width, paint)}]${facts}`;
  };
  try {
    for await (const one of lines) {
      if (one.line === 'begin') total = one.total;
      else if (one.line === 'summary') summary = one;
      else {
        rows.push(one);
        if (one.outcome === 'failed') failed += 1;
      }
      line.show(drawn);
    }
  } finally {
    line.clear();
  }
  if (summary === undefined)
    throw new OpsError(
      'PROTOCOL_ERROR',
      `The import broke off after ${rows.length} of ${total} things; what was stored stays. Import again: it goes on.`,
    );
  return { summary, rows };
};

const KINDS: Readonly<Record<NonNullable<ImportRow['type']>, string>> = {
  settings: 'setting',
  users: 'user',
  calendars: 'calendar',
  targets: 'target',
  templates: 'template',
  jobs: 'job',
  schedules: 'schedule',
};
const SIGNS: Readonly<Record<ImportRow['outcome'], string>> = {
  created: '+',
  updated: '~',
  removed: '-',
  failed: '!',
  unchanged: '=',
  skipped: '=',
};

const dyeOf = ({ outcome }: ImportRow, paint: Paint): ((text: string) => string) => {
  if (outcome === 'created') return paint.green;
  return outcome === 'failed' || outcome === 'removed' ? paint.red : paint.yellow;
};

/** What is only looked at has no serial yet: the one that it had in the trial may go to another. */
const headLine = (row: ImportRow, paint: Paint, isTrial: boolean): string => {
  const serial = row.serial === null || (isTrial && row.outcome === 'created') ? '' : ` (${row.serial})`;
  return dyeOf(row, paint)(cleanText(`${SIGNS[row.outcome]} ${row.type === null ? 'thing' : KINDS[row.type]} ${row.name ?? '?'}${serial}`));
};

const changeLines = ({ changes }: ImportRow, paint: Paint): string[] =>
  changes.flatMap(({ path, from, to }) => [
    `    ${cleanText(path)}`,
    ...(from === undefined || from === null ? [] : [paint.red(`      - ${valueText(from)}`)]),
    ...(to === undefined || to === null ? [] : [paint.green(`      + ${valueText(to)}`)]),
  ]);

const problemLines = ({ row, problem }: ImportRow, placeOf: PlaceOf): string[] => {
  if (problem === null) return [];
  const [first, ...more] = problem.errors;
  const details = first === undefined ? [{ path: '', message: problem.detail }] : [first, ...more];
  const isSaid = first !== undefined && problem.detail.includes(first.message);
  return [
    ...(first === undefined || isSaid ? [] : [`    ${cleanText(problem.detail)}`]),
    ...details.map(({ path, message }) => `    ${cleanText(`${placeOf(row, path)}: ${path === '' ? '' : `${path}: `}${message}`)}`),
  ];
};

const warningLines = ({ warnings }: ImportRow, paint: Paint): string[] =>
  warnings.map((warning) => paint.yellow(`    warning: ${cleanText(warning)}`));

/** What became of each thing that was not left as it is. @param isWhole false: only of those that failed or have a warning. */
export const rowsText = ({ rows, summary }: ImportReport, paint: Paint, placeOf: PlaceOf, isWhole: boolean): string =>
  rows
    .filter(
      ({ outcome, warnings }) =>
        outcome === 'failed' || warnings.length > 0 || (isWhole && outcome !== 'unchanged' && outcome !== 'skipped'),
    )
    .flatMap((row) => [
      headLine(row, paint, summary.validate_only),
      ...(isWhole ? changeLines(row, paint) : []),
      ...problemLines(row, placeOf),
      ...warningLines(row, paint),
    ])
    .map((line) => `${line}\n`)
    .join('');

const OUTCOMES = ['created', 'updated', 'removed', 'unchanged', 'skipped', 'failed'] as const;

/** `2 created, 1 updated, 5 unchanged`. */
export const summaryLine = (summary: ImportSummary): string =>
  OUTCOMES.flatMap((outcome) => (summary[outcome] === 0 ? [] : [`${summary[outcome]} ${outcome}`])).join(', ') || 'nothing to do';
