import { z } from 'zod';
import type { ApiClient } from '../support/api-client.ts';
import { JOBS } from '../queries/volume.ts';
import { loudRunIndex } from '../queries/volume.ts';
import type { Filled } from '../queries/volume.ts';

/** A list of the API, and pages of it that are asked in turn. */
export interface ListCase {
  name: string;
  paths: string[];
}

const DEEP_PAGES = 12;
const RUNS_ASKED = 40;

const Page = z.object({ next: z.string().nullable() });

/** Pages that follow each other; the cursors are those of the API. */
const deepPages = async (api: ApiClient, path: string): Promise<string[]> => {
  const pages = [path];
  while (pages.length < DEEP_PAGES) {
    const { next } = await api.get(pages.at(-1) ?? path, Page);
    if (next === null) break;
    pages.push(`${path}&cursor=${encodeURIComponent(next)}`);
  }
  return pages;
};

/** Runs from all over the time. */
const sampleOf = ({ runs, size }: Filled): string[] =>
  Array.from({ length: RUNS_ASKED }, (_, at) => runs[Math.floor((at * size.runs) / RUNS_ASKED)]?.serial ?? '');

/** The lists that people look at, of runs from all over the time, first pages and later ones. */
export const listCases = async (api: ApiClient, filled: Filled): Promise<ListCase[]> => {
  const runs = sampleOf(filled);
  const loud = filled.runs[loudRunIndex(filled.size)]?.serial ?? '';
  const jobs = filled.jobs.slice(0, JOBS).map(({ serial }) => serial);
  const targets = filled.targets.map(({ serial }) => serial);
  const ofRuns = (rest: string): string[] => runs.map((serial) => `/executions/${serial}${rest}`);
  const cases: ListCase[] = [
    { name: 'runs', paths: await deepPages(api, '/executions?limit=50') },
    { name: 'runs, failed', paths: await deepPages(api, '/executions?limit=50&status=failed') },
    { name: 'runs, by job', paths: jobs.map((serial) => `/executions?limit=50&job=${serial}`) },
    { name: 'branches', paths: ofRuns('/branches?limit=50') },
    { name: 'branches, all of a run', paths: ofRuns('/branches?limit=200') },
    { name: 'branches, failed', paths: ofRuns('/branches?limit=50&status=failed') },
    { name: 'results', paths: ofRuns('/results?limit=50') },
    { name: 'results, by target', paths: runs.map((serial, at) => `/executions/${serial}/results?limit=50&target=${targets[at] ?? ''}`) },
    { name: 'lines', paths: ofRuns('/logs?limit=100') },
    { name: 'lines, loud run', paths: await deepPages(api, `/executions/${loud}/logs?limit=100`) },
    { name: 'targets', paths: await deepPages(api, '/targets?limit=50') },
    { name: 'jobs', paths: ['/jobs?limit=50'] },
    { name: 'users', paths: ['/users?limit=50'] },
    { name: 'audit', paths: await deepPages(api, '/audit?limit=50') },
  ];
  return cases.map(({ name, paths }) => ({ name, paths: paths.map((path) => `/api/v1${path}`) }));
};
