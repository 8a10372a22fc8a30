import type { Sequelize } from 'sequelize';
import type { FailureCategory } from '../src/contracts/enums.ts';
import { selectRows } from '../src/db/query.ts';
import { isOutcomeUnknown } from '../src/domain/failure.ts';
import { LINES_OF_COMMAND } from './jobs.ts';
import type { GivenAnswer } from './load.ts';
import type { Marks } from './read-markers.ts';

interface Attempt {
  key: string;
  status: string;
  failure_category: FailureCategory | null;
  error_code: string | null;
  is_final: boolean;
  is_repeatable: boolean;
  stdout_lines: number;
}

/** One promise, how often it was looked at, and each place where it does not hold. */
export interface Finding {
  promise: string;
  checked: number;
  violations: string[];
}

const ATTEMPTS = `
SELECT r.action_serial || '/' || r.iteration || '/' || r.attempt AS key, r.status, r.failure_category, r.error_code, r.is_final, coalesce(a.action_config->>'delivery' = 'at_least_once', false) AS is_repeatable,
  (SELECT count(*)::int FROM job_execution_logs l WHERE l.branch_id = r.branch_id AND l.stream = 'stdout'
     AND l.log_details->>'action_serial' = r.action_serial AND (l.log_details->>'iteration')::int = r.iteration
     AND (l.log_details->>'attempt')::int = r.attempt) AS stdout_lines
FROM job_action_results r LEFT JOIN job_actions a ON a.id = r.action_id WHERE r.action_type = 'command'`;

/** How an attempt ended in the record, where its outcome is certain. */
const isCertain = ({ status, failure_category: category }: Attempt): boolean =>
  status === 'completed' || (status === 'failed' && category === 'command_execution');

const rowsOf = async (db: Sequelize, sql: string): Promise<string[]> =>
  (await selectRows<{ what: string }>(db, sql)).map(({ what }) => what);

const countOf = async (db: Sequelize, sql: string): Promise<number> => (await selectRows<{ n: number }>(db, sql))[0]?.n ?? 0;

const checkAttempts = (attempts: readonly Attempt[], marks: ReadonlyMap<string, Marks>): Finding[] => {
  const keys = new Set(attempts.map(({ key }) => key));
  const certain = attempts.filter(isCertain);
  const completed = attempts.filter(({ status }) => status === 'completed');
  const unknown = attempts.filter(
    ({ failure_category: failureCategory, error_code: errorCode, is_repeatable: isRepeatable }) =>
      isOutcomeUnknown({ failureCategory, errorCode }) && !isRepeatable,
  );
  const repeated = (key: string): boolean => {
    const [serial = '', iteration = '', attempt = ''] = key.split('/');
    return keys.has(`${serial}/${iteration}/${Number(attempt) + 1}`);
  };
  return [
    {
      promise: 'no attempt ran twice on its target',
      checked: marks.size,
      violations: [...marks].flatMap(([key, { begun }]) => (begun > 1 ? [`${key} began ${begun} times`] : [])),
    },
    {
      promise: 'what ran on a target is in the record',
      checked: marks.size,
      violations: [...marks.keys()].flatMap((key) => (keys.has(key) ? [] : [`${key} ran and has no row`])),
    },
    {
      promise: 'what the record says ran, ran on its target once, to its end',
      checked: certain.length,
      violations: certain.flatMap(({ key, status }) => {
        const { begun = 0, ended = 0 } = marks.get(key) ?? {};
        return begun === 1 && ended === 1 ? [] : [`${key} is ${status}, but its target says begun ${begun}, ended ${ended}`];
      }),
    },
    {
      promise: 'no at-most-once command whose outcome is unknown was sent again',
      checked: unknown.length,
      violations: unknown.flatMap(({ key }) => (repeated(key) ? [`the outcome of ${key} is unknown, and it was tried again`] : [])),
    },
    {
      promise: 'every line of output of a completed command is there',
      checked: completed.length,
      violations: completed.flatMap(({ key, stdout_lines: lines }) =>
        lines === LINES_OF_COMMAND ? [] : [`${key} has ${lines} of ${LINES_OF_COMMAND} lines`],
      ),
    },
  ];
};

const checkRuns = async (db: Sequelize, runs: readonly string[]): Promise<Finding> => {
  const known = new Set(await rowsOf(db, 'SELECT execution_serial AS what FROM job_executions'));
  return {
    promise: 'every accepted run is in the record and has ended',
    checked: runs.length,
    violations: [
      ...runs.flatMap((serial) => (known.has(serial) ? [] : [`${serial} was accepted and is not there`])),
      ...(await rowsOf(db, `SELECT execution_serial || ' is ' || status AS what FROM job_executions WHERE completed_at IS NULL`)),
    ],
  };
};

const checkRows = async (db: Sequelize): Promise<Finding[]> => [
  {
    promise: 'no branch is missing or open',
    checked: await countOf(db, 'SELECT count(*)::int AS n FROM job_execution_branches'),
    violations: [
      ...(await rowsOf(
        db,
        `SELECT e.execution_serial || ' has ' || count(b.id) || ' of ' || e.total_branches || ' branches' AS what
         FROM job_executions e LEFT JOIN job_execution_branches b ON b.job_execution_id = e.id
         GROUP BY e.id HAVING count(b.id) <> e.total_branches
           OR e.completed_branches + e.failed_branches + e.cancelled_branches <> e.total_branches`,
      )),
      // Counted from the job's own list: what plans the branches also sets the total. A run that was cancelled while it waited has none.
      ...(await rowsOf(
        db,
        `SELECT e.execution_serial || ' has ' || e.total_branches || ' branches for ' || count(t.id) || ' targets' AS what
         FROM job_executions e LEFT JOIN job_targets t ON t.job_id = e.job_id
         GROUP BY e.id HAVING count(t.id) <> e.total_branches AND NOT (e.status = 'cancelled' AND e.total_branches = 0)`,
      )),
      ...(await rowsOf(db, `SELECT branch_serial || ' is ' || status AS what FROM job_execution_branches WHERE completed_at IS NULL`)),
    ],
  },
  {
    promise: 'no attempt is open, and each action that ran has one final attempt',
    checked: await countOf(db, 'SELECT count(*)::int AS n FROM job_action_results'),
    violations: [
      ...(await rowsOf(db, `SELECT action_serial || ' is ' || status AS what FROM job_action_results WHERE completed_at IS NULL`)),
      ...(await rowsOf(
        db,
        `SELECT action_serial || ' has ' || count(*) FILTER (WHERE is_final) || ' final attempts' AS what
         FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id
         -- What a branch did before it was run again stays on record and decides nothing.
         WHERE b.retry_number = 0 OR r.started_at IS NULL OR r.started_at >= b.started_at
         GROUP BY action_serial, iteration HAVING count(*) FILTER (WHERE is_final) <> 1`,
      )),
    ],
  },
  {
    promise: 'the lines of each branch are numbered without gap or repeat',
    checked: await countOf(db, 'SELECT count(*)::int AS n FROM job_execution_logs WHERE line_number IS NOT NULL'),
    violations: await rowsOf(
      db,
      `SELECT b.branch_serial || ' has ' || count(l.id) || ' lines, ' || count(DISTINCT l.line_number) || ' numbers, last ' || b.last_line_number AS what
       FROM job_execution_branches b LEFT JOIN job_execution_logs l ON l.branch_id = b.id AND l.line_number IS NOT NULL
       GROUP BY b.id HAVING count(l.id) <> b.last_line_number OR count(DISTINCT l.line_number) <> b.last_line_number
         OR coalesce(max(l.line_number), 0) <> b.last_line_number`,
    ),
  },
];

const checkAnswers = async (db: Sequelize, answers: readonly GivenAnswer[]): Promise<Finding> => {
  const rows = await selectRows<{ action: string; resolution: string | null }>(
    db,
    `SELECT action_serial AS action, resolution FROM job_action_results WHERE action_type = 'approval' AND resolved_at IS NOT NULL`,
  );
  // An approval that was rejected is asked again when its branch is run again from there: each answer has a row of its own.
  const recorded = Map.groupBy(rows, ({ action }) => action);
  const isRecorded = ({ action, answer }: GivenAnswer): boolean => {
    const left = recorded.get(action) ?? [];
    const place = left.findIndex(({ resolution }) => resolution === answer);
    if (place !== -1) left.splice(place, 1);
    return place !== -1;
  };
  return {
    promise: 'every acknowledged answer to an approval is on the record',
    checked: answers.length,
    violations: answers.flatMap((given) =>
      isRecorded(given) ? [] : [`${given.action} was ${given.answer}, but no row of its own says so`],
    ),
  };
};

/** Holds the record against what the targets say, and against itself. @param runs serials of all runs that the API accepted */
export const verify = async (
  db: Sequelize,
  marks: ReadonlyMap<string, Marks>,
  { runs, answers }: { runs: readonly string[]; answers: readonly GivenAnswer[] },
): Promise<Finding[]> => {
  const attempts = await selectRows<Attempt>(db, ATTEMPTS);
  const findings = [
    await checkRuns(db, runs),
    ...(await checkRows(db)),
    await checkAnswers(db, answers),
    ...checkAttempts(attempts, marks),
  ];
  // A load of which nothing got through keeps every promise.
  return findings.map((finding) => (finding.checked > 0 ? finding : { ...finding, violations: ['nothing was there to be looked at'] }));
};

/** How attempts ended, by status and category. */
export const countEndings = (db: Sequelize): Promise<{ ending: string; attempts: number }[]> =>
  selectRows(
    db,
    `SELECT concat_ws(' ', status, failure_category) AS ending, count(*)::int AS attempts FROM job_action_results GROUP BY 1 ORDER BY 2 DESC`,
  );
