import { bodyLimit } from 'hono/body-limit';
import { OpsError } from '../../domain/ops-error.ts';

const MAX_BODY_BYTES = 1_048_576;

/** Refuses a body over 1 MB, whether or not it says its length. */
export const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new OpsError('PAYLOAD_TOO_LARGE', `A request body may have at most ${MAX_BODY_BYTES} bytes.`);
  },
});
