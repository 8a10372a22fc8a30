import { OpenAPIHono, z } from '@hono/zod-openapi';
import { json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';

const Health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
const Readiness = z
  .object({ status: z.enum(['ready', 'not_ready']), checks: z.record(z.string(), z.object({ ok: z.boolean(), message: z.string() })) })
  .meta({ id: 'Readiness' });

/** Checks by name; each answers within some seconds. */
export type Readiness = () => Promise<Record<string, { ok: boolean; message: string }>>;

export const healthRoutes = (readiness: Readiness, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        { method: 'get', path: '/healthz', tags: ['health'], summary: 'This process lives', access: 'public' },
        { 200: json(Health, 'It does') },
      ),
      (c) => c.json({ status: 'ok' as const }, 200),
    )
    .openapi(
      route(
        { method: 'get', path: '/readyz', tags: ['health'], summary: 'This process can work', access: 'public' },
        { 200: json(Readiness, 'All parts answer'), 503: json(Readiness, 'A part is away') },
      ),
      async (c) => {
        const checks = await readiness();
        const ready = Object.values(checks).every((check) => check.ok);
        return c.json({ status: ready ? ('ready' as const) : ('not_ready' as const), checks }, ready ? 200 : 503);
      },
    );
