import { DatabaseSync } from 'node:sqlite';

const SQLITE_BUSY = 5;

/**
 * Takes an exclusive lock on a file, which is made when missing, or answers undefined when another holds it.
 * The kernel holds the lock (through SQLite) and frees it when the process dies, however it dies: it cannot be left behind,
 * and of any number of takers one wins. The file itself stays.
 * @throws Error of SQLite when the file cannot be made or locked.
 */
export const lockFile = (path: string): Disposable | undefined => {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  let held = true;
  return {
    [Symbol.dispose]: () => {
      if (held) database.close();
      held = false;
    },
  };
};
