import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { LoadedModule } from './definition-worker.ts';
import { wrongFile } from './found-definition.ts';
import type { ReadFile } from './found-definition.ts';
import { nameOfFile } from './list-files.ts';

const SECONDS = 30;

const placeText = ({ file, line }: { file: string; line: number }): string =>
  `${nameOfFile(file.startsWith('file://') ? fileURLToPath(file) : file)}:${line}`;

/** In a thread of its own: it can neither end this program nor hold it up. What it prints is for people. */
const load = async (path: string, stderr: NodeJS.WriteStream): Promise<LoadedModule | string> => {
  const worker = new Worker(new URL('definition-worker.ts', import.meta.url), {
    workerData: { definitions: pathToFileURL(path).href },
    stdout: true,
    stderr: true,
    execArgv: [],
  });
  worker.stdout.pipe(stderr, { end: false });
  worker.stderr.pipe(stderr, { end: false });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      once(worker, 'message').then(([loaded]) => loaded as LoadedModule),
      once(worker, 'exit').then(() => 'ended before its definitions were there: it waits for what never comes, or ends the program'),
      new Promise<string>((resolve) => {
        timer = setTimeout(resolve, SECONDS * 1_000, `is not loaded after ${SECONDS} s: does it wait for something?`);
      }),
    ]);
  } catch (error) {
    return `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
};

/** Reads the definitions that a file in TypeScript exports. Loading it runs it. */
export const readModule = async (path: string, stderr: NodeJS.WriteStream): Promise<ReadFile> => {
  const loaded = await load(path, stderr);
  if (typeof loaded === 'string') return wrongFile(`${nameOfFile(path)}:1`, loaded);
  return {
    found: loaded.definitions.map(({ json, ...place }) => {
      const source = placeText(place);
      return { source, definition: JSON.parse(json) as unknown, lineOf: () => source };
    }),
    problems: loaded.problems.map(({ message, ...place }) => ({ source: placeText(place), message })),
  };
};
