import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import type { Instance, Request, Result } from 'autocannon';
import type { LoadOptions, LoadResult } from './load.ts';
import { correctedTimes, percentile } from './percentiles.ts';

/** autocannon sends the requests of a second as fast as they are answered and then rests: several of it, one after the other, fill the second. */
const SPREAD = 10;

const UNTIL_STOPPED_SECONDS = 86_400;

/** What every answer gives of itself to be looked for in the record. */
const SERIAL = /"execution_serial":"([^"]+)"/;

const options = JSON.parse(await text(process.stdin)) as LoadOptions;
const times: number[] = [];
const serials: string[] = [];
const instances: Instance[] = [];

let endedAt = 0;
let begun = 0;

const postOf = (path: string, body: string): Request => ({
  path,
  method: 'POST',
  body,
  setupRequest: (request: Request) => ({ ...request, headers: { ...request.headers, 'idempotency-key': randomUUID() } }),
  onResponse: (status: number, answer: string) => {
    if (status === 202) serials.push(SERIAL.exec(answer)?.[1] ?? '');
  },
});

/** Each connection begins at another place. */
const turned = <Item>(items: readonly Item[], by: number): Item[] => [...items.slice(by), ...items.slice(0, by)];

const requests = options.paths.flatMap((path) => options.bodies?.map((body) => postOf(path, body)) ?? [{ path }]);

const fire = (connections: number, rate: number | undefined): Promise<Result> =>
  new Promise((resolve, reject) => {
    const instance = autocannon(
      {
        url: options.url,
        connections,
        timeout: 60,
        headers: { authorization: `Bearer ${options.token}`, ...(options.bodies !== undefined && { 'content-type': 'application/json' }) },
        requests,
        setupClient: (client) => client.setRequests(turned(requests, begun++ % requests.length).map((request) => ({ ...request }))),
        ...(options.amount === undefined ? { duration: options.seconds ?? UNTIL_STOPPED_SECONDS } : { amount: options.amount }),
        ...(rate !== undefined && { overallRate: rate }),
      },
      (error: Error | null, result) => (error === null ? resolve(result) : reject(error)),
    );
    instance.on('response', (_client, _status, _bytes, ms) => {
      times.push(ms);
      endedAt = performance.now();
    });
    instances.push(instance);
  });

process.on('SIGTERM', () => {
  for (const instance of instances) instance.stop();
});

const { connections, rate } = options;
const startedAt = performance.now();
const results = await Promise.all(
  rate === undefined
    ? [fire(connections, undefined)]
    : Array.from({ length: SPREAD }, async (_, at) => {
        await sleep((at * 1_000) / SPREAD);
        return fire(Math.ceil(connections / SPREAD), Math.ceil(rate / SPREAD));
      }),
);
const seconds = (endedAt - startedAt) / 1_000;
const sum = (of: (result: Result) => number): number => results.reduce((total, result) => total + of(result), 0);
const sorted = (rate === undefined ? times : correctedTimes(times, (connections / rate) * 1_000)).toSorted((a, b) => a - b);
const { user, system } = process.cpuUsage();
const told: LoadResult = {
  requests: times.length,
  seconds,
  p50: percentile(sorted, 0.5),
  p95: percentile(sorted, 0.95),
  p99: percentile(sorted, 0.99),
  longest: sorted.at(-1) ?? 0,
  errors: sum(({ errors, non2xx }) => errors + non2xx),
  cpuMs: (user + system) / 1_000,
  serials,
};
process.stdout.write(JSON.stringify(told));
