import type { OidcConfig } from '../config.ts';
import type { OidcLogin } from '../services/context.ts';
import { createOidcClient } from '../transports/oidc/create-oidc-client.ts';

/** The provider of the configuration; nothing is sent to it yet. */
export const openOidc = ({ publicUrl, groupsClaim, roles, linksByEmail, refusesLoopback, ...client }: OidcConfig): OidcLogin => ({
  client: createOidcClient({ ...client, redirectUrl: `${publicUrl}/api/v1/auth/oidc/callback` }),
  publicUrl,
  groupsClaim,
  roles,
  linksByEmail,
  refusesLoopback,
});
