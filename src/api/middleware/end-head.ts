import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from '../env.ts';

/** `HEAD` is answered by the route of GET. What it would send is ended, so that nothing is read, or followed, for nobody. */
export const endHead = createMiddleware<ApiEnv>(async (c, next) => {
  await next();
  if (c.req.method === 'HEAD') await c.res.body?.cancel();
});
