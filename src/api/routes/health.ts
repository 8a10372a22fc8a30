import { OpenAPIHono, z } from '@hono/zod-openapi';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';

const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
const Readiness = z
  .object({
    status: z.enum(['ready', 'degraded', 'not_ready', 'stopping']).meta({
      description:
        '`degraded`: it works, but something that it can wait for is away. `stopping`: it ends when what is under way is answered.',
    }),
    checks: z.record(
      z.string(),
      z.object({
        ok: z.boolean(),
        required: z.boolean(),
        message: z.string(),
        last_ok_at: z.iso.datetime().nullable().meta({ description: 'When this check was last passed; null: never yet.' }),
        age_seconds: z.number().nullable().meta({ description: 'How long that is ago.' }),
      }),
    ),
  })
  .meta({ id: 'Readiness' });
type Readiness = z.infer<typeof Readiness>;

const CHECK = { ok: true, required: true, message: 'answers', last_ok_at: '2025-03-01T08:00:00.000Z', age_seconds: 0 };
const READY: Readiness = { status: 'ready', checks: { postgres: CHECK } };
const NOT_READY: Readiness = {
  status: 'not_ready',
  checks: { postgres: { ...CHECK, ok: false, message: 'does not answer', age_seconds: 42.5 } },
};

/** Checks by name; each answers within some seconds. */
export type CheckReadiness = () => Promise<Readiness['checks']>;

const statusOf = (checks: Readiness['checks']): Readiness['status'] => {
  const away = Object.values(checks).filter((check) => !check.ok);
  if (away.some((check) => check.required)) return 'not_ready';
  return away.length > 0 ? 'degraded' : 'ready';
};

/** @param stopping aborted: this process is to end. */
export const healthRoutes = (readiness: CheckReadiness, stopping: AbortSignal, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        { method: 'get', path: '/healthz', tags: ['health'], operationId: 'getHealth', summary: 'This process lives', access: 'public' },
        { 200: json(Health, 'It does', { status: 'ok' }) },
      ),
      (c) => c.json({ status: 'ok' as const }, 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/readyz',
          tags: ['health'],
          operationId: 'getReadiness',
          summary: 'This process can work',
          access: 'public',
        },
        {
          200: json(Readiness, 'It can, also while Temporal is away: runs are accepted then', READY),
          503: json(Readiness, 'The database is away, or this process is being stopped', NOT_READY),
        },
      ),
      async (c) => {
        const checks = await readiness();
        const status = stopping.aborted ? 'stopping' : statusOf(checks);
        return c.json({ status, checks }, status === 'not_ready' || status === 'stopping' ? 503 : 200);
      },
    );
