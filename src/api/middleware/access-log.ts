import { createMiddleware } from 'hono/factory';
import type { Logger } from 'pino';
import type { Registry } from '../../metrics/registry.ts';
import type { ApiEnv, RouteFacts } from '../env.ts';
import { withoutTokens } from '../url-tokens.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Those of probes would be most of the log. */
const QUIET: ReadonlySet<string> = new Set(['getHealth', 'getReadiness', 'getMetrics']);

/**
 * Notes each request that is answered: in the log (level info; probes debug) by operation, never by query or body, which may hold secrets, and in
 * the metrics; one that starts a run with the serial of it, which the lines of its activities have, too. A stream counts as answered when it begins.
 */
export const accessLog = (log: Logger, registry: Registry) => {
  const requests = registry.counter('opsconductor_http_requests_total', 'Requests that were answered.');
  const duration = registry.histogram('opsconductor_http_request_duration_seconds', 'Time until a request was answered.', SECONDS);
  return createMiddleware<ApiEnv>(async (c, next) => {
    const startedAt = performance.now();
    await next();
    const ms = performance.now() - startedAt;
    const route = c.get('route') as RouteFacts | undefined;
    const operation = route?.operationId ?? 'none';
    const { status } = c.res;
    requests.add({ operation, method: c.req.method, status: String(status) });
    duration.observe({ operation }, ms / 1_000);
    const caller = c.get('caller') as ApiEnv['Variables']['caller'] | undefined;
    log[QUIET.has(operation) ? 'debug' : 'info'](
      {
        requestId: c.get('requestId'),
        operation,
        method: c.req.method,
        // Of what is no route the path is somebody's text: it says enough that there was one.
        path: route === undefined ? undefined : withoutTokens(c.req.path),
        status,
        ms: Math.round(ms * 10) / 10,
        user: caller?.username,
        ip: c.get('request').ipAddress,
        execution: c.get('execution') as string | undefined,
      },
      'request',
    );
  });
};
