import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiEnv } from '../env.ts';
import { repeatedKeys } from '../../domain/repeated-keys.ts';
import { unstorableValues } from '../../domain/unstorable-values.ts';

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i;

const parseJson = (bytes: ArrayBuffer): { text: string; value: unknown } => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch {
    // What the parser says quotes the body, which may hold a password.
    throw new OpsError('MALFORMED_REQUEST', 'The body is not valid JSON in UTF-8.');
  }
};

/** Refuses a body that is no JSON, that says a key twice, or that holds what could only be kept altered, before its schema sees it. Other types are left to the route. */
export const checkJson = createMiddleware<ApiEnv>(async (c, next) => {
  if (JSON_TYPE.test(c.req.header('content-type') ?? '')) {
    const { text, value } = parseJson(await c.req.arrayBuffer());
    const fields = [...unstorableValues(value), ...repeatedKeys(text)];
    const [first] = fields;
    if (first !== undefined)
      throw new OpsError('VALIDATION', `${first.path === '' ? 'The request' : first.path}: ${first.message}`, { fields });
  }
  await next();
});
