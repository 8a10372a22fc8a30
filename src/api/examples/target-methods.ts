import type { z } from 'zod';
import type { AddCredential, Credential, UpdateCredential, UpdateMethod } from '../../contracts/target-method.ts';
import type { MethodInput } from '../../contracts/target.ts';

export const ADD_METHOD: z.input<typeof MethodInput> = {
  method_type: 'rest_api',
  method_name: 'api',
  host: 'web1.example.org',
  port: 443,
  config: { base_path: '/v2' },
  credential: { credential_type: 'api_token', token: 'a token of that server' },
};

export const UPDATE_METHOD: z.input<typeof UpdateMethod> = { host: 'web1.example.net', config: { timeout: 10, keepalive: null } };

export const ADD_CREDENTIAL: z.input<typeof AddCredential> = {
  credential_name: 'deploy',
  is_primary: true,
  secret: { credential_type: 'password', username: 'deploy', password: 'correct horse battery staple' },
};

export const UPDATE_CREDENTIAL: z.input<typeof UpdateCredential> = {
  secret: { credential_type: 'password', username: 'deploy', password: 'staple battery horse correct' },
};

export const CREDENTIAL: Credential = {
  credential_uuid: '0f8fad5b-d9cb-469f-a165-70867728950e',
  credential_type: 'password',
  credential_name: 'deploy',
  is_primary: true,
  is_active: true,
  updated_at: '2025-03-01T08:00:00.000Z',
};
