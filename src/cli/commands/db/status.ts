import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import { readStatus } from '../../../db/migrations/read-status.ts';
import type { DatabaseStatus, MigrationState, MigrationStatus } from '../../../db/migrations/read-status.ts';
import { EXIT_CODES } from '../../exit-code.ts';
import { printOutput } from '../../output.ts';
import { durationText } from '../../terminal/duration-text.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { timeText } from '../../terminal/time-text.ts';
import { withDatabase } from './with-database.ts';

const HEADINGS = ['FILE', 'STATE', 'APPLIED', 'BY', 'TOOK', 'FORM'] as const;
const VERDICTS: readonly (readonly [MigrationState, (count: number) => string])[] = [
  ['unknown', () => 'The database is newer than this version of OpsConductor. Upgrade OpsConductor.'],
  ['edited', (count) => `${count} file(s) were edited after they had been applied. Restore them; put the change into a new migration.`],
  ['pending', (count) => `${count} migration(s) are pending. Look at them with: opsconductor db plan`],
];

const rowOf = ({ file, state, applied_at, app_version, duration_ms, form }: MigrationStatus): string[] => [
  file,
  state,
  timeText(applied_at),
  app_version ?? '',
  duration_ms === null ? '' : durationText(duration_ms),
  form ?? '',
];

const verdictOf = (migrations: readonly MigrationStatus[]): string => {
  const count = (state: MigrationState): number => migrations.filter((migration) => migration.state === state).length;
  const [state, sentence] = VERDICTS.find(([candidate]) => count(candidate) > 0) ?? [];
  return state === undefined || sentence === undefined ? 'The database is at this version.' : sentence(count(state));
};

const textOf = ({ server_version, database, migrations, partitions_ahead }: DatabaseStatus): string => {
  const months = Object.entries(partitions_ahead).map(([table, ahead]) => `${table} ${ahead}`);
  return [
    `Database "${database}" on PostgreSQL ${server_version}`,
    ...(months.length === 0 ? [] : [`Months ahead that have a partition: ${months.join(', ')}`]),
    '',
    renderTable([HEADINGS, ...migrations.map(rowOf)], { right: [4] }),
    verdictOf(migrations),
    '',
  ].join('\n');
};

/** `opsconductor db status`: exit code 1 when the database is not exactly at this version. */
export const status = (config: Config, command: Command): Promise<void> =>
  withDatabase(config, async (db) => {
    const found = await readStatus(db);
    printOutput(command, found, () => textOf(found));
    if (found.migrations.some(({ state }) => state !== 'applied')) process.exitCode = EXIT_CODES.failed;
  });
