import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { SHARD_SIZE } from '../../src/domain/shards.ts';

/** The workflows of this code with another size of shards, so that a test of several shards needs no 500 targets. */
export const bundleWithShardSize = async (size: number): Promise<{ path: string } & AsyncDisposable> => {
  const folder = await mkdtemp(join(tmpdir(), 'opsc-bundle-'));
  const path = join(folder, 'bundle.js');
  const parts = (await readFile(inject('bundlePath'), 'utf8')).split(`const SHARD_SIZE = ${SHARD_SIZE};`);
  if (parts.length !== 2) throw new Error(`the bundle declares the size of shards ${parts.length - 1} times`);
  await writeFile(path, parts.join(`const SHARD_SIZE = ${size};`));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
};
