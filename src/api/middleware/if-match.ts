import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiEnv } from '../env.ts';

const MAX_LENGTH = 1_000;
/** Entity tags of RFC 9110, the weak ones too. */
const TAGS = /^\s*(W\/)?"[\x21\x23-\x7e]*"(\s*,\s*(W\/)?"[\x21\x23-\x7e]*")*\s*$/;

/** Strong tags only: a weak one never matches. */
const strongTags = (header: string): string[] =>
  [...header.matchAll(/(W\/)?"([^"]*)"/g)].flatMap(([, weak, tag = '']) => (weak === undefined ? [tag] : []));

/**
 * Reads `If-Match` into `expected`, which the service compares under the lock of the row. `*` and no header expect nothing.
 * @param isNeeded a request without the header is refused.
 */
export const ifMatch = (isNeeded: boolean) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const header = c.req.header('if-match');
    if (header === undefined && isNeeded)
      throw new OpsError(
        'PRECONDITION_REQUIRED',
        'Read it first, and send its ETag as If-Match: so nobody writes over what he has not seen. `If-Match: *` writes over whatever is there.',
      );
    if (header !== undefined && header.trim() !== '*') {
      if (header.length > MAX_LENGTH || !TAGS.test(header))
        throw new OpsError('VALIDATION', 'If-Match is no list of entity tags: send the ETag as it came, with its quotes.', {
          fields: [{ path: 'If-Match', message: 'must be an ETag in quotes, several of them, or *' }],
        });
      c.set('expected', strongTags(header));
    }
    await next();
  });
