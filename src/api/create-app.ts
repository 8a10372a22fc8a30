import { OpenAPIHono } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import { createRateLimits } from '../db/rate-limits.ts';
import type { RateLimits } from '../db/rate-limits.ts';
import type { RunFeed } from '../db/run-feed.ts';
import { schemaProblems } from '../contracts/schema-problems.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { Registry } from '../metrics/registry.ts';
import type { ServiceDeps } from '../services/context.ts';
import { trustedProxies } from './client-address.ts';
import { crossOriginHeaders } from './cross-origin-headers.ts';
import { defineRouteFor } from './define-route.ts';
import type { ApiEnv } from './env.ts';
import { answerMethod, knownMethods, methodsOf } from './methods.ts';
import { compress } from './middleware/compress.ts';
import { cors } from './middleware/cors.ts';
import { endHead } from './middleware/end-head.ts';
import { accessLog } from './middleware/access-log.ts';
import { limitAddress } from './middleware/rate-limit.ts';
import type { LiveHub } from '../services/live/live-hub.ts';
import { requestFacts } from './middleware/request-facts.ts';
import { traceRequests } from './middleware/trace-requests.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { registerProblemExamples } from './problem-examples.ts';
import { respondWithProblem } from './problems.ts';
import { SHARED_HEADERS } from './route-headers.ts';
import { artifactRoutes } from './routes/artifacts.ts';
import { auditRoutes } from './routes/audit.ts';
import { authRoutes } from './routes/auth.ts';
import { calendarRoutes } from './routes/calendars.ts';
import { branchRoutes } from './routes/branches.ts';
import { dataRoutes } from './routes/data.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventRoutes } from './routes/events.ts';
import { executionRoutes } from './routes/executions.ts';
import { executionPartRoutes } from './routes/execution-parts.ts';
import { healthRoutes } from './routes/health.ts';
import type { CheckReadiness } from './routes/health.ts';
import { jobFactRoutes } from './routes/job-facts.ts';
import { jobTemplateRoutes } from './routes/job-templates.ts';
import { jobVersionRoutes } from './routes/job-versions.ts';
import { jobRoutes } from './routes/jobs.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { actionAnswerRoutes } from './routes/action-answers.ts';
import { oidcRoutes } from './routes/oidc.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { scheduleCodeRoutes } from './routes/schedule-code.ts';
import { schemaRoutes } from './routes/schemas.ts';
import { steeringRoutes } from './routes/steering.ts';
import { settingRoutes } from './routes/settings.ts';
import { logRoutes } from './routes/logs.ts';
import { scheduleFiringRoutes } from './routes/schedule-firings.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { serialRoutes } from './routes/serials.ts';
import { systemRoutes } from './routes/system.ts';
import { targetBulkRoutes } from './routes/target-bulk.ts';
import { targetMethodRoutes } from './routes/target-methods.ts';
import { targetViewRoutes } from './routes/target-views.ts';
import { targetRoutes } from './routes/targets.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { userAccessRoutes } from './routes/user-access.ts';
import { userRoutes } from './routes/users.ts';

const MAX_PROBLEMS = 20;

/** What stands between the API and those who call. */
export interface EdgeOptions {
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
  /** Origins of pages that may call. */
  corsOrigins: readonly string[];
}

export interface AppDeps {
  services: ServiceDeps;
  feed: RunFeed;
  hub: LiveHub;
  readiness: CheckReadiness;
  log: Logger;
  edge: EdgeOptions;
  /** Those of tests, whose windows do not end meanwhile. */
  limits?: RateLimits;
  metrics: Registry;
  /** Version of this build. */
  version: string;
  /** Aborted: this process is to end as soon as what is under way is answered. */
  stopping?: AbortSignal;
}

/** The whole HTTP API; every problem is an RFC 9457 document. */
export const createApp = (deps: AppDeps) => {
  const { services, edge } = deps;
  const limits = deps.limits ?? createRateLimits(services.db);
  const stopping = deps.stopping ?? new AbortController().signal;
  const route = defineRouteFor({ services, limits, stopping });
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const fields = schemaProblems(result.error).slice(0, MAX_PROBLEMS);
      const first = fields[0];
      throw new OpsError(
        'VALIDATION',
        first === undefined ? 'The request is not valid.' : `${first.path === '' ? 'The request' : first.path}: ${first.message}`,
        { fields },
      );
    },
  });
  app.onError(respondWithProblem(deps.log));
  const methods = methodsOf(() => app);
  app.notFound((c) => answerMethod(methods, c));
  app.use(
    requestFacts(trustedProxies(edge.trustedProxies)),
    traceRequests,
    accessLog(deps.log, deps.metrics),
    securityHeaders,
    cors(edge.corsOrigins, methods, () => crossOriginHeaders(app)),
    endHead,
    compress,
    limitAddress({ limits, readSettings: () => services.readSettings() }),
    knownMethods(methods),
  );
  for (const [name, header] of Object.entries(SHARED_HEADERS)) app.openAPIRegistry.registerComponent('headers', name, header);
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'Session token of /auth/login, or an API token.',
  });
  const routed = app
    .route('/', healthRoutes(deps.readiness, stopping, route))
    .route('/', metricsRoutes(deps.metrics, route))
    .route(
      '/',
      docsRoutes(() => app, deps.version),
    )
    .route('/api/v1/schemas', schemaRoutes(route))
    .route('/api/v1/auth', authRoutes(deps.services, route))
    .route('/api/v1/targets', targetBulkRoutes(deps.services, route, deps.log))
    .route('/api/v1/targets', targetViewRoutes(deps.services, route))
    .route('/api/v1/targets', targetMethodRoutes(deps.services, route))
    .route('/api/v1/auth', sessionRoutes(deps.services, route))
    .route('/api/v1/auth/oidc', oidcRoutes(deps.services, route))
    .route('/api/v1/users', userRoutes(deps.services, route))
    .route('/api/v1/users', userAccessRoutes(deps.services, route))
    .route('/api/v1/tokens', tokenRoutes(deps.services, route))
    .route('/api/v1/targets', targetRoutes(deps.services, route))
    .route('/api/v1/jobs', jobFactRoutes(deps.services, route))
    .route('/api/v1/jobs', jobRoutes(deps.services, route, deps.feed))
    .route('/api/v1/jobs', jobVersionRoutes(deps.services, route, 'job'))
    .route('/api/v1/job-templates', jobTemplateRoutes(deps.services, route))
    .route('/api/v1/job-templates', jobVersionRoutes(deps.services, route, 'template'))
    .route('/api/v1/schedules', scheduleCodeRoutes(deps.services, route))
    .route('/api/v1/schedules', scheduleFiringRoutes(deps.services, route))
    .route('/api/v1/schedules', scheduleRoutes(deps.services, route))
    .route('/api/v1/calendars', calendarRoutes(deps.services, route))
    .route('/api/v1/executions', steeringRoutes(deps.services, route, deps.feed))
    .route('/api/v1/executions', actionAnswerRoutes(deps.services, route))
    .route('/api/v1/executions', executionRoutes(deps.services, route))
    .route('/api/v1/executions', executionPartRoutes(deps.services, route))
    .route('/api/v1', branchRoutes(deps.services, route))
    .route('/api/v1/logs', logRoutes(deps.services, route))
    .route('/api/v1/serials', serialRoutes(deps.services, route))
    .route('/api/v1', eventRoutes(deps.hub, route))
    .route('/api/v1/artifacts', artifactRoutes(deps.services, route))
    .route('/api/v1/system', systemRoutes(deps.services, route, deps.version))
    .route('/api/v1/settings', settingRoutes(deps.services, route))
    .route('/api/v1/audit', auditRoutes(deps.services, route))
    .route('/api/v1/data', dataRoutes(deps.services, route, deps.log));
  registerProblemExamples(app);
  return routed;
};
