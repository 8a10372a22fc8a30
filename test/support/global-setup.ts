import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { parseConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/connect.ts';
import { migrate } from '../../src/db/migrate.ts';
import { findTemporal } from '../../src/embedded/find-temporal.ts';
import { startPostgres } from '../../src/embedded/start-postgres.ts';
import { startTemporal } from '../../src/embedded/start-temporal.ts';
import { connectTemporalClient } from '../../src/temporal/connect-temporal.ts';
import { registerSearchAttributes } from '../../src/temporal/prepare-namespace.ts';
import { ensureWorkflowBundle } from '../../src/temporal/workflow-bundle.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Database that is migrated and never written: tests clone it. */
    templateUrl: string;
    temporalAddress: string;
    bundlePath: string;
    /** Where Postgres and Temporal write their logs. */
    logsFolder: string;
  }
}

const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** One Postgres with a migrated template, one Temporal server and one workflow bundle for the whole suite. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const folder = await mkdtemp(join(tmpdir(), 'opsconductor-test-'));
  await chmod(folder, 0o755);
  const { cacheDir } = parseConfig();
  const executable = await findTemporal({ cacheDir, log: say });
  const [postgres, temporal, bundlePath] = await Promise.all([
    startPostgres({ folder, port: 0, log: say }),
    startTemporal({ executable, folder, port: 0, uiPort: 0, namespace: 'default', log: say }),
    ensureWorkflowBundle(cacheDir, say),
  ]);
  const db = connectDatabase({ url: postgres.url, poolSize: 2, applicationName: 'test-setup' });
  await migrate(db, 'test');
  await db.close();
  const client = await connectTemporalClient({ address: temporal.address, namespace: 'default', apiKey: undefined, tls: undefined });
  await registerSearchAttributes(client);
  await client.connection.close();
  project.provide('templateUrl', postgres.url);
  project.provide('temporalAddress', temporal.address);
  project.provide('bundlePath', bundlePath);
  project.provide('logsFolder', join(folder, 'logs'));
  return async () => {
    await temporal.stop();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
};
