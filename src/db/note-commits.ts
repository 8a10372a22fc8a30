import { AsyncLocalStorage } from 'node:async_hooks';
import type { Sequelize } from 'sequelize';

/** Whether a piece of work has committed anything so far. */
export interface Commits {
  hasCommitted: boolean;
}

const storage = new AsyncLocalStorage<Commits>();

/** Runs some work; `commits` says meanwhile, and afterwards, whether a transaction of it was committed. */
export const watchCommits = <Result>(commits: Commits, work: () => Promise<Result>): Promise<Result> => storage.run(commits, work);

/** Has every transaction of this database tell whoever watches. Changes without a transaction are not told: all that people change has one, with its audit event. */
export const noteCommits = (db: Sequelize): void => {
  const run = db.transaction.bind(db) as (...args: unknown[]) => Promise<unknown>;
  const noted = async (...args: unknown[]): Promise<unknown> => {
    const result = await run(...args);
    const commits = storage.getStore();
    // One that is only begun here ends later: an import's, which tells what became of it line by line.
    if (commits !== undefined && typeof args.at(-1) === 'function') commits.hasCommitted = true;
    return result;
  };
  db.transaction = noted as Sequelize['transaction'];
};
