import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { postgresUser } from '../../src/embedded/postgres-user.ts';
import { temporaryHome } from './temporary-home.ts';

const isRoot = process.getuid?.() === 0;
const path = process.env['PATH'];

/** Knows the user postgres only once useradd has been called. */
const STUB_ID = '#!/bin/sh\n[ -e "$(dirname "$0")/made" ] && echo 4242\n';
const STUB_USERADD = '#!/bin/sh\nexec /usr/bin/touch "$(dirname "$0")/made"\n';

const fakePath = async (folder: string, scripts: Record<string, string>): Promise<void> => {
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
  process.env['PATH'] = `${folder}:/usr/bin:/bin`;
};

afterEach(() => {
  process.env['PATH'] = path;
});

test.runIf(isRoot)('as root the system user postgres is made when missing, and told once', async () => {
  await using home = await temporaryHome();
  await fakePath(home.path, { id: STUB_ID, useradd: STUB_USERADD });
  const made = await postgresUser();
  expect(made).toEqual({ user: { uid: 4242, gid: 4242 }, notices: [expect.stringContaining('Made the system user postgres')] });
  expect(await postgresUser()).toEqual({ user: { uid: 4242, gid: 4242 }, notices: [] });
});

test.runIf(isRoot)('as root without a way to make that user, the ways out are told', async () => {
  await using home = await temporaryHome();
  await fakePath(home.path, { id: STUB_ID, useradd: '#!/bin/sh\necho "cannot lock /etc/passwd" >&2\nexit 1\n' });
  await expect(postgresUser()).rejects.toThrow(
    /could not be made \(cannot lock \/etc\/passwd\): make one by hand, start as an ordinary user, or set DATABASE_URL/,
  );
});

test.skipIf(isRoot)('an ordinary user runs Postgres as itself', async () => {
  expect(await postgresUser()).toEqual({ user: undefined, notices: [] });
});
