import { expect, test } from 'vitest';
import { startTestPlatform } from '../../support/platform.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { exportAll, importInto, plainItems } from './support.ts';

const MANY = 10_000;

/** Targets as people have them: several methods, labels, and here and there a credential. */
const manyTargets = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'target',
    name: `host-${index}`,
    description: index % 3 === 0 ? `=cmd|' /C calc'!A${index}\nsecond line, "quoted"` : null,
    environment: (['production', 'staging', 'development', 'testing'] as const)[index % 4],
    location: index % 5 === 0 ? `Room ${index}` : null,
    labels: { team: `team-${index % 20}`, number: String(index) },
    status: index % 50 === 0 ? 'maintenance' : 'active',
    methods: [
      { method_type: 'ssh', host: `host-${index}.example.org`, config: { keepalive: 30 } },
      ...(index % 10 === 0 ? [{ method_type: 'rest_api', host: `host-${index}.example.org`, port: 8443, is_active: false }] : []),
    ],
  }));

/** One after the other: models belong to the database that was connected last. */
const onNewPlatform = async <T>(work: (platform: TestPlatform) => Promise<T>): Promise<T> => {
  await using platform = await startTestPlatform({ worker: false });
  return await work(platform);
};

test(`${MANY} targets travel to another database and back, and nothing of them is another`, async () => {
  const document = await onNewPlatform(async (source) => {
    const { summary } = await importInto(source, { items: manyTargets(MANY) });
    expect(summary).toMatchObject({ total: MANY, created: MANY, failed: 0 });
    return exportAll(source, { types: ['targets'] });
  });
  expect(document.items).toHaveLength(MANY);
  await onNewPlatform(async (other) => {
    expect((await importInto(other, document)).summary).toMatchObject({ created: MANY, failed: 0 });
    expect(plainItems(await exportAll(other, { types: ['targets'] }))).toEqual(plainItems(document));
    expect((await importInto(other, document)).summary).toMatchObject({ unchanged: MANY, failed: 0 });
    expect((await importInto(other, document, { validate: true })).summary).toMatchObject({ unchanged: MANY, failed: 0 });
  });
}, 120_000);
