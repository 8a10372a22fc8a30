import { z } from 'zod';
import type { ApiClient } from '../support/api-client.ts';
import { JOBS } from '../queries/volume.ts';
import { loudRunIndex } from '../queries/volume.ts';
import type { Filled } from '../queries/volume.ts';

/** A list of the API, and pages of it that are asked in turn. */
export interface ListCase {
  name: string;
  paths: string[];
  /** Pages asked for at once, where one user may have only so many. */
  atOnce?: number;
}

const DEEP_PAGES = 12;
const RUNS_ASKED = 40;
/** Of lines across runs; more at once of one user are refused. */
const SEARCHES = 2;

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

interface Sample {
  runs: string[];
  jobs: string[];
  targets: string[];
  schedules: string[];
  /** A run of the same job for each of `runs`. */
  others: string[];
  /** The run with a hundred thousand lines. */
  loud: string;
}

const samplesOf = (filled: Filled): Sample => {
  const runs = sampleOf(filled);
  const step = filled.size.runs / RUNS_ASKED;
  return {
    runs,
    jobs: filled.jobs.slice(0, JOBS).map(({ serial }) => serial),
    targets: filled.targets.map(({ serial }) => serial),
    schedules: filled.schedules.slice(0, RUNS_ASKED).map(({ serial }) => serial),
    others: runs.map((_, at) => filled.runs[Math.max(0, Math.floor(at * step) - JOBS)]?.serial ?? ''),
    loud: filled.runs[loudRunIndex(filled.size)]?.serial ?? '',
  };
};

const executionLists = async (api: ApiClient, { runs, jobs, targets, others }: Sample): Promise<ListCase[]> => [
  { name: 'runs', paths: await deepPages(api, '/executions?limit=50') },
  { name: 'runs, failed', paths: await deepPages(api, '/executions?limit=50&status=failed') },
  { name: 'runs, with failures', paths: await deepPages(api, '/executions?limit=50&has_failed=true') },
  { name: 'runs, by job', paths: jobs.map((serial) => `/executions?limit=50&job=${serial}`) },
  { name: 'runs, by target', paths: targets.slice(0, RUNS_ASKED).map((serial) => `/executions?limit=50&target=${serial}`) },
  { name: 'runs, by kind of failure', paths: await deepPages(api, '/executions?limit=50&failure_category=command_execution') },
  { name: 'runs, by text', paths: jobs.map((_, at) => `/executions?limit=50&search=job%20${at + 1}`) },
  { name: 'runs, counted', paths: ['/executions/counts'] },
  { name: 'runs of a target', paths: targets.slice(0, RUNS_ASKED).map((serial) => `/targets/${serial}/executions?limit=50`) },
  { name: 'two runs compared', paths: runs.map((serial, at) => `/executions/${serial}/compare/${others[at] ?? serial}?limit=50`) },
  { name: 'locks', paths: ['/executions/locks?limit=50'] },
  { name: 'approvals', paths: ['/executions/approvals?limit=50'] },
];

const insideRuns = async (api: ApiClient, { runs, jobs, targets, loud }: Sample): Promise<ListCase[]> => {
  const ofRuns = (rest: string): string[] => runs.map((serial) => `/executions/${serial}${rest}`);
  return [
    { name: 'branches', paths: ofRuns('/branches?limit=50') },
    { name: 'branches, all of a run', paths: ofRuns('/branches?limit=200') },
    { name: 'branches, failed', paths: ofRuns('/branches?limit=50&status=failed') },
    { name: 'results', paths: ofRuns('/results?limit=50') },
    { name: 'results, by target', paths: runs.map((serial, at) => `/executions/${serial}/results?limit=50&target=${targets[at] ?? ''}`) },
    { name: 'attempts of an action', paths: runs.map((serial) => `/actions/${serial}.0001.0001?limit=50`) },
    { name: 'lines', paths: ofRuns('/logs?limit=100') },
    { name: 'lines, loud run', paths: await deepPages(api, `/executions/${loud}/logs?limit=100`) },
    { name: 'lines, across runs, of a run', paths: runs.map((serial) => `/logs?limit=100&execution=${serial}`), atOnce: SEARCHES },
    { name: 'lines, across runs, of a branch', paths: runs.map((serial) => `/logs?limit=100&branch=${serial}.0007`), atOnce: SEARCHES },
    { name: 'lines, across runs, of a job', paths: jobs.map((serial) => `/logs?limit=100&job=${serial}`), atOnce: SEARCHES },
    {
      name: 'lines, across runs, of a target',
      paths: targets.slice(0, RUNS_ASKED).map((serial) => `/logs?limit=100&target=${serial}`),
      atOnce: SEARCHES,
    },
    { name: 'serials', paths: jobs.map((serial) => `/serials?limit=50&pattern=${serial.slice(0, 5)}*.0001.*`) },
  ];
};

const otherLists = async (api: ApiClient, { jobs, targets, schedules }: Sample): Promise<ListCase[]> => [
  { name: 'targets', paths: await deepPages(api, '/targets?limit=50') },
  { name: 'jobs', paths: ['/jobs?limit=50'] },
  { name: 'jobs of a target', paths: targets.slice(0, RUNS_ASKED).map((serial) => `/targets/${serial}/jobs?limit=50`) },
  { name: 'targets of a job', paths: jobs.map((serial) => `/jobs/${serial}/targets?limit=50`) },
  { name: 'versions of a job', paths: jobs.map((serial) => `/jobs/${serial}/versions?limit=50`) },
  { name: 'schedules', paths: await deepPages(api, '/schedules?limit=50') },
  { name: 'ledger', paths: await deepPages(api, '/schedules/executions?limit=50') },
  { name: 'ledger, failed', paths: await deepPages(api, '/schedules/executions?limit=50&status=failed') },
  { name: 'ledger of a schedule', paths: schedules.map((serial) => `/schedules/${serial}/executions?limit=50`) },
  { name: 'users', paths: ['/users?limit=50'] },
  { name: 'sessions', paths: ['/auth/sessions?limit=50'] },
  { name: 'tokens', paths: await deepPages(api, '/tokens?limit=50') },
  { name: 'audit', paths: await deepPages(api, '/audit?limit=50') },
  { name: 'audit, by event', paths: await deepPages(api, '/audit?limit=50&event_type=job_executed') },
  { name: 'audit, of a run', paths: jobs.map((serial) => `/audit?limit=50&resource_type=job_executions&resource_id=${serial}.0001`) },
];

/**
 * The lists of the API that grow with what has run, of runs from all over the time, first pages and later ones. Not asked: artifacts, seals and
 * templates (nothing is filled in), searches of lines by text (bounded by their scope, not by a page), coming firings (Temporal tells those).
 */
export const listCases = async (api: ApiClient, filled: Filled): Promise<ListCase[]> => {
  const sample = samplesOf(filled);
  const cases = [...(await executionLists(api, sample)), ...(await insideRuns(api, sample)), ...(await otherLists(api, sample))];
  return cases.map(({ paths, ...one }) => ({ ...one, paths: paths.map((path) => `/api/v1${path}`) }));
};
