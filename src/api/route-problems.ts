import { Problem } from '../contracts/problem.ts';
import { ERROR_MEANINGS } from '../domain/error-meanings.ts';
import { ERROR_CODES } from '../domain/ops-error.ts';
import type { ErrorCode } from '../domain/ops-error.ts';
import { problemExamples } from './problem-examples.ts';
import { problemHeaders } from './route-headers.ts';

/** What decides which problems a route may answer besides its own. */
interface ProblemFacts {
  method: string;
  isPublic: boolean;
  /** Asked by those who watch over the server, which nothing limits. */
  isProbe: boolean;
  hasPermission: boolean;
  mayNeedPassword: boolean;
  hasPathParameter: boolean;
  hasBody: boolean;
  /** Repeats with the same Idempotency-Key get the answer of the first. */
  keepsAnswer: boolean;
  etag: 'gives' | 'takes' | 'needs' | undefined;
}

const EVERYWHERE: readonly ErrorCode[] = ['VALIDATION', 'TOKEN_IN_URL', 'REQUEST_TIMEOUT', 'HEADERS_TOO_LARGE', 'INTERNAL', 'UNAVAILABLE'];

const when = (holds: boolean, ...codes: ErrorCode[]): ErrorCode[] => (holds ? codes : []);

/** The codes that a route may answer, its own included, without doubles. */
export const codesOf = (own: readonly ErrorCode[], facts: ProblemFacts): ErrorCode[] => {
  const takesMatch = facts.etag === 'takes' || facts.etag === 'needs';
  return [
    ...new Set([
      ...EVERYWHERE,
      ...when(!facts.isPublic, 'UNAUTHENTICATED'),
      ...when(facts.hasPermission, 'FORBIDDEN'),
      ...when(facts.mayNeedPassword, 'PASSWORD_CHANGE_REQUIRED'),
      ...when(facts.hasPathParameter, 'NOT_FOUND'),
      ...when(facts.method === 'get' && !facts.isProbe, 'SCOPE_TOO_WIDE'),
      ...when(facts.method !== 'get', 'PAYLOAD_TOO_LARGE', 'MALFORMED_REQUEST'),
      ...when(!facts.isProbe, 'RATE_LIMITED'),
      ...when(facts.hasBody, 'UNSUPPORTED_MEDIA_TYPE'),
      ...when(facts.keepsAnswer, 'IN_PROGRESS', 'IDEMPOTENCY_MISMATCH'),
      ...when(takesMatch, 'REVISION_MISMATCH'),
      ...when(facts.etag === 'needs', 'PRECONDITION_REQUIRED'),
      ...own,
    ]),
  ];
};

/** The responses of problems by status: the description names the codes and what they mean. */
export const problemResponses = (codes: readonly ErrorCode[]) =>
  Object.fromEntries(
    [...Map.groupBy(codes, (code) => ERROR_CODES[code].status)]
      .toSorted(([a], [b]) => a - b)
      .map(([status, ofStatus]) => [
        status,
        {
          content: { 'application/problem+json': { schema: Problem, examples: problemExamples(ofStatus) } },
          ...(Object.keys(problemHeaders(status)).length > 0 && { headers: problemHeaders(status) }),
          description: ofStatus.map((code) => `\`${code}\`: ${ERROR_MEANINGS[code]}`).join(' '),
        },
      ]),
  );
