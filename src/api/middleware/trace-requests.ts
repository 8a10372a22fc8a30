import { createMiddleware } from 'hono/factory';
import { currentTracing } from '../../tracing/trace.ts';
import type { ApiEnv, RouteFacts } from '../env.ts';

/** Makes a span of each request of a route, below the one of the caller (`traceparent`), if traces are asked for. */
export const traceRequests = createMiddleware<ApiEnv>(async (c, next) => {
  const tracing = currentTracing();
  if (tracing === undefined) return next();
  const parent = c.req.header('traceparent');
  return tracing.span(c.req.method, { kind: 'server', parent }, async (span) => {
    await next();
    const operation = (c.get('route') as RouteFacts | undefined)?.operationId ?? 'none';
    span.rename(`${c.req.method} ${operation}`);
    span.set({
      'http.request.method': c.req.method,
      'http.response.status_code': c.res.status,
      'opsconductor.operation': operation,
      'opsconductor.request_id': c.get('requestId'),
    });
  });
});
