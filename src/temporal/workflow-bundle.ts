import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { currentTracing } from '../tracing/trace.ts';

const SOURCE = fileURLToPath(new URL('..', import.meta.url));
const BUNDLED_ROOMS = ['workflows', 'domain'];

/** Files that a bundle is made of, from `src` on. */
export const bundledSources = async (): Promise<string[]> => {
  const rooms = BUNDLED_ROOMS.map(async (room) =>
    (await readdir(join(SOURCE, room), { recursive: true })).map((name) => join(room, name)).filter((name) => extname(name) === '.ts'),
  );
  return (await Promise.all(rooms)).flat().toSorted();
};

/** Of a bundle whose workflows hand trace contexts on. */
const TRACE_MODULE = join(SOURCE, 'workflows', 'trace-interceptors.ts');

const sourceHash = async (): Promise<string> => {
  const hash = createHash('sha256');
  const { version } = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  hash.update(version);
  for (const name of await bundledSources()) hash.update(name).update(await readFile(join(SOURCE, name)));
  return hash.digest('hex').slice(0, 24);
};

/**
 * Path of the workflow bundle of this code, built when these sources were not built before (some seconds).
 * @param options.isTraced with interceptors that hand trace contexts on; as this process traces, unless it is said.
 * @param cacheDir bundles are kept here, named by the hash of their sources and of the SDK's version.
 */
export const ensureWorkflowBundle = async (
  cacheDir: string,
  announce: (message: string) => void,
  { isTraced = currentTracing() !== undefined }: { isTraced?: boolean } = {},
): Promise<string> => {
  const folder = join(cacheDir, 'workflows');
  const path = join(folder, `${await sourceHash()}${isTraced ? '-traced' : ''}.js`);
  if (await stat(path).catch(() => undefined)) return path;
  announce('Building the workflow bundle (once for each version of the code) …');
  await mkdir(folder, { recursive: true });
  const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(SOURCE, 'workflows', 'index.ts'),
    ...(isTraced && { workflowInterceptorModules: [TRACE_MODULE] }),
    logger: silent,
  });
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, code);
  await rename(partial, path);
  return path;
};
