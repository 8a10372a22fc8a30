import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ActionResult, Branch, BranchFilter, ExecutionSerial, LogFilter, LogLine, ResultFilter } from '../../contracts/execution.ts';
import { ActionSummaries, CompareQuery, ExecutionComparison, ExecutionSummary } from '../../contracts/execution-summary.ts';
import { LogDownload } from '../../contracts/log-search.ts';
import { pageOf } from '../../contracts/page.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { compareExecutions } from '../../services/executions/compare-executions.ts';
import { listBranches } from '../../services/executions/read-branches.ts';
import { listLogs } from '../../services/executions/read-logs.ts';
import { listResults } from '../../services/executions/read-results.ts';
import { summariseActions, summariseExecution } from '../../services/executions/summarise-execution.ts';
import { downloadLog } from '../../services/logs/download-log.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { ACTION_SUMMARIES, EXECUTION_COMPARISON, EXECUTION_SUMMARY } from '../examples/execution-summary.ts';
import { ACTION_RESULT, BRANCH, LOG_LINE } from '../examples/executions.ts';
import { LOG_LINES, LOG_TEXT } from '../examples/streams.ts';
import { dispositionOf, streamOf } from '../file-response.ts';
import { FILE_HEADERS } from '../route-headers.ts';

const tags = ['executions'];
const ExecutionRef = z.object({ serial: ExecutionSerial });
const TwoExecutions = ExecutionRef.extend({ other: ExecutionSerial });

export const ActionResultPage = pageOf(ActionResult, 'ActionResultPage');
/** Not typed by its media types: the handler sends a stream. */
const LINES: Record<string, { schema: z.ZodString; example: string }> = {
  'text/plain': { schema: z.string(), example: LOG_TEXT },
  'application/x-ndjson': { schema: z.string(), example: LOG_LINES },
};
const LOG_TYPES = { text: 'text/plain; charset=utf-8', ndjson: 'application/x-ndjson' } as const;

/** What is within a run: targets, actions, lines; and how it compares with another. */
export const executionPartRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/branches',
          tags,
          operationId: 'listBranches',
          summary: 'Branches of a run, one a target',
          access: 'executions.read',
          request: { params: ExecutionRef, query: BranchFilter },
        },
        { 200: json(pageOf(Branch, 'BranchPage'), 'A page', { data: [BRANCH], next: null }) },
      ),
      async (c) => c.json(await listBranches(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/results',
          tags,
          operationId: 'listResults',
          summary: 'Attempts of the actions of a run, by target; a run that goes on adds to pages that were read',
          access: 'executions.read',
          request: { params: ExecutionRef, query: ResultFilter },
        },
        {
          200: json(ActionResultPage, 'A page: by branch, those of one oldest first', {
            data: [ACTION_RESULT],
            next: null,
          }),
        },
      ),
      async (c) => c.json(await listResults(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/logs',
          tags,
          operationId: 'listLogs',
          summary: 'Log lines of a run; one that goes on is followed by its events',
          access: 'executions.read',
          request: { params: ExecutionRef, query: LogFilter },
        },
        { 200: json(pageOf(LogLine, 'LogPage'), 'A page', { data: [LOG_LINE], next: null }) },
      ),
      async (c) => c.json(await listLogs(deps, c.get('caller'), c.req.valid('param').serial, c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/logs/download',
          tags,
          operationId: 'downloadLog',
          summary: 'All lines of a run as a file',
          description:
            'The lines that are stored when it is read, in the order in which they were stored, as slowly as the client takes them. As text a line begins with its time, in the zone of the setting `timezone`, and the name of its target; `|` is output, `!` is stderr, `#` is what OpsConductor says.',
          access: 'executions.read',
          streams: 'bytes',
          request: { params: ExecutionRef, query: LogDownload },
        },
        {
          200: {
            content: LINES,
            headers: FILE_HEADERS,
            description: 'The lines, by `format`',
          },
        },
      ),
      async (c) => {
        const { format } = c.req.valid('query');
        const { name, content } = await downloadLog(deps, c.get('caller'), c.req.valid('param').serial, format);
        return c.newResponse(streamOf(content), 200, { 'Content-Type': LOG_TYPES[format], 'Content-Disposition': dispositionOf(name) });
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/summary',
          tags,
          operationId: 'summariseExecution',
          summary: 'Count the targets of a run by state, batch and cause of failure',
          access: 'executions.read',
          request: { params: ExecutionRef },
        },
        { 200: json(ExecutionSummary, 'The counts', EXECUTION_SUMMARY) },
      ),
      async (c) => c.json(await summariseExecution(deps, c.get('caller'), c.req.valid('param').serial), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/actions',
          tags,
          operationId: 'summariseActions',
          summary: 'What came of each action of a run on all its targets',
          access: 'executions.read',
          request: { params: ExecutionRef },
        },
        { 200: json(ActionSummaries, 'The actions, in the order of the job', ACTION_SUMMARIES) },
      ),
      async (c) => c.json(await summariseActions(deps, c.get('caller'), c.req.valid('param').serial), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}/compare/{other}',
          tags,
          operationId: 'compareExecutions',
          summary: 'Compare two runs, target by target',
          description: 'With `only` a page looks at 2,000 targets: it may be short or empty, and still not be the last.',
          access: 'executions.read',
          request: { params: TwoExecutions, query: CompareQuery },
        },
        { 200: json(ExecutionComparison, 'Both runs, and a page of their targets', EXECUTION_COMPARISON) },
      ),
      async (c) => {
        const { serial, other } = c.req.valid('param');
        return c.json(await compareExecutions(deps, c.get('caller'), serial, other, c.req.valid('query')), 200);
      },
    );
