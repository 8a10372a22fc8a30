import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config.ts';
import { findTemporal } from '../../src/embedded/find-temporal.ts';
import { TEMPORAL_STOP } from '../../src/embedded/release-temporal-file.ts';
import { spawnServer } from '../../src/embedded/spawn-server.ts';
import { waitForTemporal } from '../../src/embedded/wait-for-temporal.ts';
import { connectTemporalClient } from '../../src/temporal/connect-temporal.ts';
import { registerSearchAttributes } from '../../src/temporal/prepare-namespace.ts';
import { freePort } from './free-port.ts';

/** A Temporal server that suggests to go on in a new history after so many events, in place of 4,096. */
export const startShortHistories = async (suggestAt: number): Promise<{ address: string } & AsyncDisposable> => {
  const folder = await mkdtemp(join(tmpdir(), 'opsc-short-histories-'));
  const port = await freePort();
  const limit = `limit.historyCount.suggestContinueAsNew=${suggestAt}`;
  const server = await spawnServer({
    what: 'Temporal',
    executable: await findTemporal({ cacheDir: parseConfig().cacheDir, log: () => {} }),
    args: ['server', 'start-dev', '--ip=127.0.0.1', `--port=${port}`, '--headless', '--log-level=error', '--dynamic-config-value', limit],
    cwd: folder,
    logFile: join(folder, 'temporal.log'),
    env: { HOME: folder },
    user: undefined,
    stopSteps: TEMPORAL_STOP,
  });
  const ended = new AbortController();
  void server.onExit.then(() => ended.abort());
  await waitForTemporal({ port, namespace: 'default', signal: ended.signal });
  const address = `127.0.0.1:${port}`;
  const client = await connectTemporalClient({ address, namespace: 'default', apiKey: undefined, tls: undefined });
  await registerSearchAttributes(client);
  await client.connection.close();
  return {
    address,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
