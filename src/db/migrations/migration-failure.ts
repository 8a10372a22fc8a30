import { OpsError } from '../../domain/ops-error.ts';
import { isDatabaseAway } from '../database-away.ts';

interface FailurePlace {
  file: string;
  line: number | undefined;
  /** What remains of the work, in a sentence. */
  kept: string;
}

const RIGHTS = '42501';

/** Says in which file and line Postgres refused what, and what remains. */
export const migrationFailure = (cause: unknown, { file, line, kept }: FailurePlace): OpsError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const place = line === undefined ? file : `${file}, line ${line}`;
  if (isDatabaseAway(cause))
    return new OpsError('UNAVAILABLE', `The connection broke or was refused work in migration ${place} (${reason}). ${kept} Repeat it.`, {
      cause,
    });
  const advice = cause instanceof Error && 'code' in cause && cause.code === RIGHTS ? ' Migrate as the owner of the tables.' : '';
  return new OpsError('INTERNAL', `Migration ${place} failed: ${reason}. ${kept}${advice}`, { cause });
};
