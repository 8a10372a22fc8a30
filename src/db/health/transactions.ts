import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { ageText } from '../../domain/quantity-text.ts';
import type { Ask, Look } from './look.ts';

const LONG_SECONDS = 600;
const IDLE_SECONDS = 60;

/** A transaction that is open in this database. */
export interface OpenTransaction {
  pid: number;
  application: string;
  /** Null where this role may not see it. */
  state: string | null;
  age_seconds: number;
  state_seconds: number;
  /** Rows that it may still want to see are not vacuumed. */
  holds_back_vacuum: boolean;
}

export const readOpenTransactions = (ask: Ask): Promise<OpenTransaction[]> =>
  ask<OpenTransaction>(
    `SELECT pid, coalesce(nullif(application_name, ''), 'without a name') AS application, state,
       extract(epoch FROM clock_timestamp() - xact_start)::float8 AS age_seconds,
       extract(epoch FROM clock_timestamp() - state_change)::float8 AS state_seconds,
       backend_xid IS NOT NULL OR backend_xmin IS NOT NULL AS holds_back_vacuum
     FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
     ORDER BY xact_start`,
  );

const endStatement = (pid: number): string => `SELECT pg_terminate_backend(${pid});`;

/** Transactions that are open for too long, or in which nobody does anything. */
export const transactionFindings = (transactions: readonly OpenTransaction[]): DatabaseFinding[] =>
  transactions.flatMap(({ pid, application, state, ...facts }): DatabaseFinding[] => {
    const who = `Process ${pid} (${application})`;
    const isIdle = state?.startsWith('idle in transaction') === true;
    const numbers = { pid, age_seconds: facts.age_seconds, state_seconds: facts.state_seconds };
    if (facts.age_seconds > LONG_SECONDS && facts.holds_back_vacuum) {
      const doing = isIdle ? `, and idle for ${ageText(facts.state_seconds)}` : '';
      return [
        {
          kind: 'long_transaction',
          severity: 'warning',
          object: application,
          sentence: `${who} has had a transaction open for ${ageText(facts.age_seconds)}${doing}. No vacuum can remove rows that died meanwhile.`,
          suggestion: 'Find out what it does; end it when nobody waits for it. It is rolled back then.',
          statement: endStatement(pid),
          facts: numbers,
        },
      ];
    }
    if (!isIdle || facts.state_seconds <= IDLE_SECONDS) return [];
    return [
      {
        kind: 'idle_in_transaction',
        severity: 'warning',
        object: application,
        sentence: `${who} has done nothing for ${ageText(facts.state_seconds)} inside an open transaction. Its locks stay, and others may wait for them.`,
        suggestion: 'Mend the program, or end the transaction; idle_in_transaction_session_timeout does so by itself.',
        statement: endStatement(pid),
        facts: numbers,
      },
    ];
  });

/** What open transactions hold back. */
export const transactionLook: Look = async (ask) => transactionFindings(await readOpenTransactions(ask));
