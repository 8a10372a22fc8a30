import type { CommunicationMethodType } from '../../contracts/enums.ts';
import type { ConnectionTest } from '../../contracts/target.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { methodWeaknesses, weaknessText } from '../../domain/method-weaknesses.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ServiceDeps } from '../context.ts';

const TEST_LIMIT_MS = 60_000;
/** Their answer to a test tells of an unprotected connection by itself. */
const SAYS_SO_ITSELF: ReadonlySet<CommunicationMethodType> = new Set(['smtp', 'telnet']);

const weaknessesOf = ({ methodType, port, config, secret }: Endpoint): string =>
  weaknessText(methodWeaknesses({ method_type: methodType, port, config, hasCredential: secret !== undefined }));

/**
 * Connects, logs in and asks the target who it is: with the same adapter that runs actions. A failure is a result, not an error; the message
 * also says what does not protect the connection.
 */
export const probe = async ({ openSession }: Pick<ServiceDeps, 'openSession'>, endpoint: Endpoint): Promise<ConnectionTest> => {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(TEST_LIMIT_MS);
  const took = (): number => Math.round(performance.now() - startedAt);
  try {
    const session = await openSession(endpoint, signal);
    await using _ = session;
    const answer = await session.probe(signal);
    return {
      result: 'success',
      message: `${session.login}. ${answer}`.trim() + (SAYS_SO_ITSELF.has(endpoint.methodType) ? '' : weaknessesOf(endpoint)),
      error_code: null,
      failure_category: null,
      duration_ms: took(),
      host_key_fingerprint: session.hostKeyFingerprint ?? null,
    };
  } catch (error) {
    const known =
      error instanceof OpsError
        ? error
        : new OpsError('CONNECTION_TIMED_OUT', `${endpoint.host}:${endpoint.port} did not finish the test in ${TEST_LIMIT_MS / 1_000} s.`);
    return {
      result: 'failure',
      message: `${known.message}${weaknessesOf(endpoint)}`,
      error_code: known.code,
      failure_category: known.category,
      duration_ms: took(),
      host_key_fingerprint: null,
    };
  }
};
