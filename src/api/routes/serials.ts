import { OpenAPIHono, z } from '@hono/zod-openapi';
import {
  CheckPattern,
  PatternCheck,
  SerialCounts,
  SerialCountsQuery,
  SerialMatch,
  SerialMatches,
  SerialQuery,
  SerialText,
} from '../../contracts/serial.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { countSerials } from '../../services/serials/count-serials.ts';
import { checkPattern, findSerials, getSerial } from '../../services/serials/find-serials.ts';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { PATTERN_CHECK, SERIAL_COUNTS, SERIAL_MATCH } from '../examples/serials.ts';

const tags = ['serials'];

export const serialRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'get',
          path: '/',
          tags,
          operationId: 'findSerials',
          summary: 'Find targets, jobs, runs, branches and actions by a pattern of their serials',
          description:
            'A page looks at 2,000 runs and branches at most: it may be short or empty, and still not be the last. Jobs take the permission jobs.read, targets targets.read.',
          access: 'executions.read',
          problems: ['SCOPE_TOO_WIDE'],
          request: { query: SerialQuery },
        },
        { 200: json(SerialMatches, 'Some of what the pattern fits', { data: [SERIAL_MATCH], next: null }) },
      ),
      async (c) => c.json(await findSerials(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/counts',
          tags,
          operationId: 'countSerials',
          summary: 'Count what a pattern of serials fits, by state, and of how many jobs, runs, branches and targets it is',
          description: 'Jobs take the permission jobs.read, targets targets.read.',
          access: 'executions.read',
          problems: ['SCOPE_TOO_WIDE'],
          request: { query: SerialCountsQuery },
        },
        { 200: json(SerialCounts, 'The counts', SERIAL_COUNTS) },
      ),
      async (c) => c.json(await countSerials(deps, c.get('caller'), c.req.valid('query')), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/check',
          tags,
          operationId: 'checkSerialPattern',
          summary: 'Say how a pattern of serials is understood, or what is wrong with it',
          access: 'executions.read',
          request: { query: CheckPattern },
        },
        { 200: json(PatternCheck, 'How it is understood', PATTERN_CHECK) },
      ),
      (c) => c.json(checkPattern(c.get('caller'), c.req.valid('query').pattern), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/{serial}',
          tags,
          operationId: 'getSerial',
          summary: 'Say what a serial of any level names, and where it is',
          access: 'executions.read',
          request: { params: z.object({ serial: SerialText }) },
        },
        { 200: json(SerialMatch, 'What it names', SERIAL_MATCH) },
      ),
      async (c) => c.json(await getSerial(deps, c.get('caller'), c.req.valid('param').serial), 200),
    );
