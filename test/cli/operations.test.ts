import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CLI = join(ROOT, 'src/cli');

/** What no command calls, and why none need do so. */
const WITHOUT_COMMAND: Readonly<Record<string, string>> = {
  getHealth: '`status` asks for the readiness, which nothing answers that does not live',
  testTarget: '`targets test` asks for many at once, one among them, or for a method by its name',
  startOidc: 'a browser is sent there by `login`, to log in',
  finishOidc: 'the provider sends the browser there',
};

const operationIds = (): string[] => {
  const { paths } = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as { paths: Record<string, Record<string, object>> };
  return Object.values(paths).flatMap((methods) =>
    Object.values(methods).flatMap((operation) => ('operationId' in operation ? [String(operation.operationId)] : [])),
  );
};

/** Names that the sources of the command line take from a client. */
const calledMethods = (): Set<string> => {
  const files = readdirSync(CLI, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const texts = files.map((name) => readFileSync(join(CLI, name), 'utf8'));
  return new Set(texts.flatMap((text) => Array.from(text.matchAll(/\bclient\.(\w+)/g), ([, name]) => name ?? '')));
};

test('what the API can do a command can: every operation is called, but those that are named here with the reason', () => {
  const called = calledMethods();
  const missing = operationIds().filter((id) => !called.has(id));
  expect(missing.toSorted()).toEqual(Object.keys(WITHOUT_COMMAND).toSorted());
});
