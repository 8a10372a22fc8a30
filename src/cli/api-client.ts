import { createClient } from '../client/index.ts';
import type { Client } from '../client/index.ts';
import { toOpsError } from './to-ops-error.ts';

/** Where the API is and with which token. */
export interface ApiAddress {
  /** Without a slash at its end. */
  url: string;
  token: string | undefined;
}

/** The calls of the API, as the command line makes them: a method for each operation. All throw OpsError. */
export type ApiClient = Client;

/** Shorter pauses are not worth a word. */
const LONG_PAUSE_MS = 2_000;

/** The client of `opsconductor/client`, whose errors are those of this program. @param say told when the server asks to wait. */
export const createApiClient = ({ url, token }: ApiAddress, say?: (text: string) => void): ApiClient =>
  createClient({
    url,
    token,
    mapError: toOpsError,
    onRepeat: ({ message }, pauseMs) => {
      if (pauseMs >= LONG_PAUSE_MS) say?.(`${message} Trying again in ${Math.ceil(pauseMs / 1_000)} s.`);
    },
  });
