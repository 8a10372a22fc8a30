import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { BenchFailure } from '../support/say.ts';

export interface LoadOptions {
  url: string;
  token: string;
  /** Asked one after the other, from each connection. */
  paths: readonly string[];
  connections: number;
  /** How long; without this and `amount` until it is stopped. */
  seconds?: number;
  /** How many requests. */
  amount?: number;
  /** So many a second, spread over it; without it each connection sends again when it has its answer. */
  rate?: number;
  /** POST these in turn, each time with a new Idempotency-Key. */
  bodies?: readonly string[];
}

/** Times in milliseconds. */
export interface LoadResult {
  requests: number;
  seconds: number;
  p50: number;
  p95: number;
  p99: number;
  longest: number;
  /** Connections that broke, answers that did not come and answers that were no success. */
  errors: number;
  /** Of autocannon itself. */
  cpuMs: number;
  /** Of runs that were accepted, when they are started. */
  serials: string[];
}

export interface Load {
  finished: Promise<LoadResult>;
  /** Sends nothing more; then it finishes. */
  stop(): void;
}

const CHILD = fileURLToPath(new URL('load-child.ts', import.meta.url));

/** Sends requests by autocannon, in a process of its own. */
export const startLoad = (options: LoadOptions, stack: AsyncDisposableStack): Load => {
  const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'inherit'] });
  stack.defer(() => void child.kill('SIGKILL'));
  // The token would be seen in its arguments.
  child.stdin.end(JSON.stringify(options));
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('exit', resolve);
    child.on('error', reject);
  });
  const finish = async (): Promise<LoadResult> => {
    const [output, code] = await Promise.all([text(child.stdout), exited]);
    if (code !== 0) throw new BenchFailure(`autocannon ended with ${code}.`);
    return JSON.parse(output) as LoadResult;
  };
  return { finished: finish(), stop: () => void child.kill('SIGTERM') };
};
