import { z } from 'zod';
import { Text } from './text.ts';

export const OidcInfo = z
  .object({
    is_enabled: z.boolean(),
    issuer: z.string().nullable().meta({ description: 'The provider.' }),
    start_url: z.string().nullable().meta({ description: 'Where a browser begins a login.' }),
    refuses_loopback: z.boolean().meta({ description: 'True: no login comes back to a program, only browsers log in.' }),
  })
  .meta({ id: 'OidcInfo' });
export type OidcInfo = z.infer<typeof OidcInfo>;

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]):[1-9]\d{0,4}(\/[\w./-]*)?$/;
/** SHA-256 of the verifier, as PKCE makes it. */
const Challenge = z.string().regex(/^[\w-]{43}$/, 'must be a SHA-256 in base64url');

/** Without these the browser is shown the session itself. */
export const StartOidc = z
  .strictObject({
    redirect_uri: z
      .string()
      .max(200)
      .regex(LOOPBACK, 'must be an address of this machine, such as http://127.0.0.1:49152/callback')
      .optional()
      .meta({ description: 'Where a program of the same machine waits for the code.' }),
    code_challenge: Challenge.optional().meta({ description: 'SHA-256 of the `code_verifier` that the program sends with the code.' }),
    state: Text(200).min(1).optional().meta({ description: 'Comes back to the program as it is.' }),
  })
  .refine((query) => new Set([query.redirect_uri, query.code_challenge, query.state].map((value) => value === undefined)).size === 1, {
    message: 'redirect_uri, code_challenge and state come together',
  });
export type StartOidc = z.infer<typeof StartOidc>;

/** What a provider sends back is its own: providers add parameters. */
export const OidcCallback = z.looseObject({
  code: Text(8_000).optional(),
  state: Text(1_000).optional(),
  iss: Text(1_000).optional(),
  error: Text(1_000).optional(),
  error_description: Text(4_000).optional(),
});

export const ExchangeCode = z
  .strictObject({
    code: Text(4_000).min(1),
    code_verifier: z.string().regex(/^[\w.~-]{43,128}$/, 'must be 43–128 letters, digits, -, ., _ or ~'),
  })
  .meta({ id: 'ExchangeCode' });
export type ExchangeCode = z.infer<typeof ExchangeCode>;
