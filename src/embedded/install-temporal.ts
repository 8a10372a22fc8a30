import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { OpsError } from '../domain/ops-error.ts';
import { cachedTemporal, TEMPORAL_CLI_VERSION, temporalVersion } from './probe-temporal.ts';
import { runCommand } from './run-command.ts';
import { whichCommand } from './which-command.ts';

export interface InstallTemporal {
  cacheDir: string;
  log: (line: string) => void;
}

const DOWNLOAD_TIMEOUT_MS = 60_000;
const GO_TIMEOUT_MS = 15 * 60_000;
const GO_PACKAGE = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`;

/** In a process of its own: the SDK's runtime can be set up once a process, by whoever runs the workers, and a download that hangs can be killed. */
const DOWNLOAD_SCRIPT = `
const [testing, downloadDir, version] = process.argv.slice(1);
const { TestWorkflowEnvironment } = require(testing);
TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', version, downloadDir } } })
  .then((environment) => environment.teardown())
  .catch((error) => { console.error(error.message); process.exit(1); });
`;

/** Installs somewhere into the folder; answers '' or why it did not work. */
type Installer = (folder: string, log: (line: string) => void) => Promise<string>;

const download: Installer = async (folder, log) => {
  log(`Downloading the Temporal server (CLI ${TEMPORAL_CLI_VERSION}) …`);
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  const args = ['-e', DOWNLOAD_SCRIPT, testing, folder, `v${TEMPORAL_CLI_VERSION}`];
  return (await runCommand(process.execPath, args, { timeoutMs: DOWNLOAD_TIMEOUT_MS })).problem;
};

const goInstall: Installer = async (folder, log) => {
  if (process.platform === 'win32') return 'not tried on Windows';
  if ((await whichCommand('go')) === undefined) return 'Go is not on PATH';
  log('Building the Temporal server with Go instead; this takes about 4 minutes, once …');
  return (await runCommand('/usr/bin/env', [`GOBIN=${folder}`, 'go', 'install', GO_PACKAGE], { timeoutMs: GO_TIMEOUT_MS })).problem;
};

const workingExecutable = async (folder: string): Promise<string | undefined> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  for (const entry of entries.filter((found) => found.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if ((await temporalVersion(path)) !== undefined) return path;
  }
  return undefined;
};

/** What an installer that was killed left; the caller holds the lock, so no other is at work. */
const removeLeftovers = async (target: string): Promise<void> => {
  const [folder, prefix] = [dirname(dirname(target)), `${basename(dirname(target))}.`];
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix));
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
};

/** Installs into a folder of its own first: whoever looks into the cache meanwhile finds a whole executable or none. */
const tryInstaller = async (install: Installer, target: string, log: (line: string) => void): Promise<string> => {
  const folder = `${dirname(target)}.${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  try {
    const problem = await install(folder, log);
    if (problem !== '') return problem;
    const executable = await workingExecutable(folder);
    if (executable === undefined) return 'what was installed does not run';
    await mkdir(dirname(target), { recursive: true });
    await rename(executable, target);
    return '';
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
};

/**
 * Puts the Temporal executable into the cache, whose install lock the caller holds: downloaded, else built with Go. Says through `log` what takes long.
 * @throws OpsError UNAVAILABLE with why neither worked and what to do; errors of the file system as they are.
 */
export const installTemporal = async ({ cacheDir, log }: InstallTemporal): Promise<string> => {
  const target = cachedTemporal(cacheDir);
  await removeLeftovers(target);
  const downloadProblem = await tryInstaller(download, target, log);
  if (downloadProblem === '') return target;
  log(`The download failed (${downloadProblem}).`);
  const goProblem = await tryInstaller(goInstall, target, log);
  if (goProblem === '') return target;
  const advice = `install the Temporal CLI so that temporal is on PATH (https://docs.temporal.io/cli), or set TEMPORAL_ADDRESS to a server that runs`;
  throw new OpsError(
    'UNAVAILABLE',
    `There is no Temporal server on this machine and it could not be fetched (download: ${downloadProblem}; Go: ${goProblem}): ${advice}.`,
  );
};
