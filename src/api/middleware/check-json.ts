import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiEnv } from '../env.ts';
import { unstorableValues } from '../unstorable-values.ts';

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

const parseJson = (bytes: ArrayBuffer): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // What the parser says quotes the body, which may hold a password.
    throw new OpsError('MALFORMED_REQUEST', 'The body is not valid JSON in UTF-8.');
  }
};

/** Refuses a body that is no JSON, or that holds what could only be kept altered, before its schema sees it. Other types are left to the route. */
export const checkJson = createMiddleware<ApiEnv>(async (c, next) => {
  if (JSON_TYPE.test(c.req.header('content-type') ?? '')) {
    const fields = unstorableValues(parseJson(await c.req.arrayBuffer()));
    const [first] = fields;
    if (first !== undefined)
      throw new OpsError('VALIDATION', `${first.path === '' ? 'The request' : first.path}: ${first.message}`, { fields });
  }
  await next();
});
