import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerJson, sse, startFakeApi } from '../cli/fake-api.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const run = promisify(execFile);

/** A program that somebody else writes: it has nothing but the package. */
const PROGRAM = `
import { ApiError, allPages, createClient } from 'opsconductor/client';
import type { Target } from 'opsconductor/client';

const client = createClient({ url: process.argv[2] ?? '', token: 'secret' });
const said: string[] = [];
const names = async (targets: AsyncIterable<Pick<Target, 'name' | 'status'>>): Promise<void> => {
  for await (const { name, status } of targets) said.push(\`\${name} \${status}\`);
};
await names(allPages((place) => client.listTargets({ ...place, environment: 'production', fields: ['name', 'status'] })));
const run = await client.startExecution('J20250001', { targets: ['T20250001'] });
for await (const event of client.followExecution(run.execution_serial)) {
  if (event.type === 'line') said.push(event.data.log_message);
  if (event.type === 'end') said.push(event.data.status);
}
await client.getTarget('T20259999').catch((error: unknown) => {
  if (error instanceof ApiError && error.code === 'NOT_FOUND') said.push(\`\${error.status} \${error.message}\`);
});
console.log(JSON.stringify(said));
`;

const WRONG = `
import { createClient } from 'opsconductor/client';
const client = createClient({ url: '' });
// @ts-expect-error: no such environment
void client.listTargets({ environment: 'moon' });
// @ts-expect-error: no such field
void client.listTargets({ fields: ['colour'] });
// @ts-expect-error: it was not asked for
void client.listTargets({ fields: ['name'] }).then(({ data }) => data[0]?.status);
// @ts-expect-error: a job has actions
void client.createJob({ name: 'empty' });
// @ts-expect-error: an upload has a name
void client.uploadArtifact(new Blob([]));
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opsc-consumer-'));
  const installed = join(folder, 'node_modules/opsconductor');
  await mkdir(installed, { recursive: true });
  await writeFile(join(installed, 'package.json'), await readFile(join(ROOT, 'package.json')));
  await run(process.execPath, [TSC, '-p', join(ROOT, 'tsconfig.client.json'), '--outDir', join(installed, 'dist/client')]);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  const options = {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'dom'],
    strict: true,
    exactOptionalPropertyTypes: true,
    types: [],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
  await writeFile(join(folder, 'node.d.ts'), 'declare const process: { argv: string[] };');
  await writeFile(join(folder, 'program.ts'), PROGRAM);
  await writeFile(join(folder, 'wrong.ts'), WRONG);
});
afterAll(() => rm(folder, { recursive: true }));

test('a program of somebody else is typed by the package alone, and runs on plain Node', async () => {
  await run(process.execPath, [TSC, '-p', folder]).catch((error: { stdout: string }) => expect(error.stdout).toBe(''));
  await using api = await startFakeApi((response, { method, url }) => {
    if (url.endsWith('/events')) {
      const line = { branch_serial: 'J20250001.0001.0001', line_number: 1, log_message: 'hello' };
      return response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(sse('line', 'a', line) + sse('end', 'b', { status: 'completed' }));
    }
    if (method === 'POST') return answerJson(response, 202, { execution_serial: 'J20250001.0001' });
    if (url.includes('T20259999')) return answerJson(response, 404, { code: 'NOT_FOUND', detail: 'There is no such target.' });
    const isSecond = url.includes('cursor=more');
    return answerJson(response, 200, { data: [{ name: isSecond ? 'two' : 'one', status: 'active' }], next: isSecond ? null : 'more' });
  });
  const { stdout } = await run(process.execPath, [join(folder, 'program.js'), `${api.url}/`]);
  expect(JSON.parse(stdout)).toEqual(['one active', 'two active', 'hello', 'completed', '404 There is no such target.']);
  const { url = '', headers } = api.seen[1] ?? {};
  expect(Object.fromEntries(new URL(url, api.url).searchParams)).toEqual({
    limit: '500',
    cursor: 'more',
    environment: 'production',
    fields: 'name,status',
  });
  expect(headers?.authorization).toBe('Bearer secret');
});
