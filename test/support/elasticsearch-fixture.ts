import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';
import { startHttpServer } from './http-fixture.ts';
import type { HttpFixture } from './http-fixture.ts';

/** Where .ci/fetch-elasticsearch puts it. */
const LIBRARIES = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'opsconductor/elasticsearch/7.17.28');
const isThere = existsSync(LIBRARIES) && spawnSync('java', ['-version']).status === 0;

/** Tests of a real Elasticsearch are left out on a machine without it; never in CI, where they then fail. */
export const withoutElasticsearch = !isThere && process.env['CI'] === undefined;

export interface ElasticsearchFixture extends AsyncDisposable {
  port: number;
  /** A TLS server before the node that lets only a request with this header pass: the free node itself has neither logins nor TLS. */
  startGuard(wants: readonly [name: string, value: string]): Promise<HttpFixture>;
}

/** One real Elasticsearch node on 127.0.0.1. */
export const startElasticsearch = async (): Promise<ElasticsearchFixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-elastic-'));
  const port = await freePort();
  const source = join(import.meta.dirname, 'StartElasticsearch.java');
  const args = ['-Xmx384m', '-cp', join(LIBRARIES, '*'), source, folder, String(port)];
  const child = spawn('java', args, { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => {
    if (line === 'ready') ready.resolve();
  });
  void exited.then(() => ready.reject(new Error('Elasticsearch ended')));
  await ready.promise;
  return {
    port,
    startGuard: (wants) =>
      startHttpServer({
        tls: true,
        wants,
        otherwise: ({ method, path, headers, body }, response) => {
          const passed = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
          });
          passed.on('error', () => response.destroy()).end(body);
        },
      }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
