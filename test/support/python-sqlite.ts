import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a Python program with `c`, a connection of Python's own SQLite to the file. @returns what it printed */
export const pythonSqlite = async (file: string, program: string): Promise<string> => {
  const { stdout } = await promisify(execFile)('python3', [
    '-c',
    `import json, sqlite3, sys; c = sqlite3.connect(sys.argv[1]); ${program}`,
    file,
  ]);
  return stdout;
};
