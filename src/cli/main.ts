#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=4 --heap-growing-percent=40
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';

try {
  // Nearly half of the CPU of a short command goes into compiling. A folder of the user, not one of all: who can write there decides what runs.
  enableCompileCache(join(cacheFolder(), 'compiled'));
} catch {
  // The program says what is wrong with its environment.
}
await import('./program.ts');
