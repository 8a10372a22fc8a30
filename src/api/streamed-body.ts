import { OpsError } from '../domain/ops-error.ts';

const WINDOW_SECONDS = 30;
const LEAST_BYTES_A_SECOND = 1_024;

export interface BodyPace {
  windowSeconds?: number;
  leastBytesASecond?: number;
}

const tooSlow = (seconds: number, least: number): OpsError =>
  new OpsError('REQUEST_TIMEOUT', `Less than ${least} bytes of the body came within ${seconds} seconds. Nothing was kept; send it again.`);

/**
 * The body of a request as it comes. A sender that is silent, or trickles only to hold the connection, is given up.
 * @throws OpsError REQUEST_TIMEOUT; MALFORMED_REQUEST when the connection ends before the body does.
 */
export async function* streamedBody(
  request: Request,
  { windowSeconds = WINDOW_SECONDS, leastBytesASecond = LEAST_BYTES_A_SECOND }: BodyPace = {},
): AsyncGenerator<Uint8Array, void> {
  if (request.body === null) return;
  const reader = (request.body as ReadableStream<Uint8Array>).getReader();
  const least = windowSeconds * leastBytesASecond;
  let came = 0;
  let endWindow: (error: OpsError) => void = () => {};
  const ended = new Promise<never>((_, reject) => (endWindow = reject));
  ended.catch(() => {});
  // What we are slow to store is not the sender's fault: only the time of waiting for him counts.
  let waitedMs = 0;
  let waitsSince: number | undefined;
  const look = (): void => {
    const waited = waitedMs + (waitsSince === undefined ? 0 : performance.now() - waitsSince);
    if (waited < windowSeconds * 900) return;
    if (came < least) endWindow(tooSlow(windowSeconds, least));
    came = 0;
    waitedMs = 0;
    if (waitsSince !== undefined) waitsSince = performance.now();
  };
  const timer = setInterval(look, windowSeconds * 1_000);
  try {
    for (;;) {
      waitsSince = performance.now();
      const { done, value } = await Promise.race([reader.read(), ended]);
      waitedMs += performance.now() - waitsSince;
      waitsSince = undefined;
      if (done) return;
      came += value.length;
      yield value;
    }
  } catch (error) {
    if (error instanceof OpsError) throw error;
    throw new OpsError('MALFORMED_REQUEST', 'The connection ended before the body had come whole. Nothing was kept.', { cause: error });
  } finally {
    clearInterval(timer);
    void reader.cancel().catch(() => {});
  }
}
