import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A folder for the beginning of PATH. */
export interface FakePrograms extends Disposable {
  folder: string;
  /** From now on taskkill ends nothing and has this exit code; undefined: it does its work again. */
  setTaskkill(exitCode: number | undefined): void;
}

const TASKKILL = `#!/bin/sh
tree() {
  for child in $(ps -A -o pid= -o ppid= | awk -v p="$1" '$2 == p { print $1 }'); do tree "$child"; done
  # One that ended with its children is ended, too.
  kill -KILL "$1" 2>/dev/null || :
}
kill -0 "$2" 2>/dev/null || exit 128
tree "$2"
`;

/** `powershell` and `taskkill` as far as we use them, for a machine that is no Windows. */
export const makeFakePrograms = (): FakePrograms => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-windows-'));
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  };
  const fake = fileURLToPath(new URL('fake-powershell.ts', import.meta.url));
  write('powershell', `#!/bin/sh\nexec '${process.execPath}' '${fake}' "$@"\n`);
  write('taskkill', TASKKILL);
  return {
    folder,
    setTaskkill: (exitCode) => write('taskkill', exitCode === undefined ? TASKKILL : `#!/bin/sh\nexit ${exitCode}\n`),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
};
