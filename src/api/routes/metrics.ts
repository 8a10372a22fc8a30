import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Registry } from '../../metrics/registry.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { METRICS_TEXT } from '../examples/streams.ts';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Measurements for Prometheus. */
export const metricsRoutes = (registry: Registry, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>().openapi(
    route(
      {
        method: 'get',
        path: '/metrics',
        tags: ['health'],
        operationId: 'getMetrics',
        summary: 'Measurements of this process and of the platform, for Prometheus',
        access: 'monitoring.read',
      },
      {
        200: {
          content: { 'text/plain': { schema: z.string(), example: METRICS_TEXT } },
          description: 'The exposition format of Prometheus',
        },
      },
    ),
    async (c) => c.text(await registry.text(), 200, { 'Content-Type': CONTENT_TYPE }),
  );
