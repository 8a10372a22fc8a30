import { bodyLimit } from 'hono/body-limit';
import { OpsError } from '../../domain/ops-error.ts';

export const DEFAULT_BODY_BYTES = 1_048_576;

/** Refuses a larger body, whether or not it says its length. */
export const limitBody = (maxBytes: number) =>
  bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new OpsError('PAYLOAD_TOO_LARGE', `A request body may have at most ${maxBytes} bytes here.`);
    },
  });
