import { readFile } from 'node:fs/promises';
import { expect, inject, test } from 'vitest';
import { bundledSources } from '../../src/temporal/workflow-bundle.ts';

/** Every module of the bundle carries its path. */
const modulesOf = (bundle: string): string[] => [
  ...new Set([...bundle.matchAll(/\.\/src\/((?:workflows|domain|contracts)\/[\w./-]+\.ts)/g)].map(([, name = '']) => name)),
];

test('whatever of this code is in the workflow bundle counts when it is asked whether a bundle is that of this code', async () => {
  const bundled = modulesOf(await readFile(inject('bundlePath'), 'utf8'));
  expect(bundled).toContain('workflows/job-workflow.ts');
  const counted = new Set(await bundledSources());
  expect(counted).toContain('domain/template/value.ts');
  expect(bundled.filter((name) => !counted.has(name))).toEqual([]);
});
