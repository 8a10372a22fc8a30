import { OpenAPIHono } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import { TargetTest, TestTargets, UpdatedTargets, UpdateTargets } from '../../contracts/target-bulk.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { testTargets } from '../../services/targets/bulk/test-targets.ts';
import { updateTargets } from '../../services/targets/bulk/update-targets.ts';
import { body, json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { TARGET_TEST, TEST_TARGETS, UPDATE_TARGETS, UPDATED_TARGETS } from '../examples/target-views.ts';
import { noting, streamLines } from '../stream-lines.ts';

const tags = ['targets'];
/** As any string: the types of the framework take it for JSON. */
const NDJSON: string = 'application/x-ndjson';

/** Work on several targets at once. It comes before the routes of one target: `bulk` is no name of one. */
export const targetBulkRoutes = (deps: ServiceDeps, route: DefineRoute, log: Logger) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        {
          method: 'post',
          path: '/bulk/test',
          tags,
          operationId: 'testTargets',
          summary: 'Test the connections of several targets',
          description:
            'Answers with one JSON document a line, as soon as each target is tested; ten are tested at once. A failure is a result. The rest is not tested when the client goes away; its Idempotency-Key is free again then. A repeat of what was answered whole gets the same results, without a test.',
          access: 'targets.test',
          problems: ['NO_TARGETS'],
          streams: 'ndjson',
          request: body(TestTargets, TEST_TARGETS),
        },
        {
          200: {
            content: { [NDJSON]: { schema: TargetTest, example: TARGET_TEST } },
            description: 'What came of each, a line each',
          },
        },
      ),
      async (c) => {
        const results = await testTargets(deps, c.get('caller'), c.req.valid('json'));
        return c.body(streamLines(noting(log, c.get('requestId'), results)), 200, { 'Content-Type': NDJSON, 'X-Accel-Buffering': 'no' });
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/bulk/update',
          tags,
          operationId: 'updateTargets',
          summary: 'Change several targets, all of them or none',
          access: 'targets.write',
          problems: ['NO_TARGETS'],
          request: body(UpdateTargets, UPDATE_TARGETS),
        },
        { 200: json(UpdatedTargets, 'Changed, or what would be with dry_run', UPDATED_TARGETS) },
      ),
      async (c) => c.json(await updateTargets(deps, c.get('caller'), c.req.valid('json')), 200),
    );
