import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorsPage } from '../../src/api/errors-page.ts';
import { ERROR_CODES } from '../../src/domain/ops-error.ts';

test('docs/errors.md has every code with its status (npm run errors makes it)', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  expect(page).toBe(errorsPage());
  const said = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, code, status]) => [code, Number(status)]);
  expect(Object.fromEntries(said)).toEqual(Object.fromEntries(Object.entries(ERROR_CODES).map(([code, { status }]) => [code, status])));
});
