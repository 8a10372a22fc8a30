import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { OpsError } from '../../domain/ops-error.ts';
import { parseYaml } from './parse-yaml.ts';
import type { ParsedYaml } from './parse-yaml.ts';

/** Longer texts are read in a thread of their own: one of 5 MB takes seconds, in which this process would answer nobody. */
const SMALL = 50_000;
const MOST_MEMORY_MB = 2_048;

const inThread = async (text: string): Promise<ParsedYaml> => {
  const worker = new Worker(new URL('./yaml-worker.ts', import.meta.url), {
    workerData: { yaml: text },
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
  });
  try {
    const [parsed] = (await once(worker, 'message')) as [ParsedYaml];
    return parsed;
  } catch (cause) {
    throw new OpsError(
      'VALIDATION',
      'The document takes too much memory to read as YAML. Nothing was imported: cut it into several, or take json.',
      {
        cause,
      },
    );
  } finally {
    await worker.terminate();
  }
};

/** The documents of a YAML file. @throws OpsError VALIDATION with the places; also for tags, and for aliases that would become too much */
export const readYaml = async (text: string): Promise<unknown[]> => {
  const parsed = text.length < SMALL ? parseYaml(text) : await inThread(text);
  if ('values' in parsed) return parsed.values;
  throw new OpsError('VALIDATION', `${parsed.message} Nothing was imported.`, { fields: parsed.fields });
};
