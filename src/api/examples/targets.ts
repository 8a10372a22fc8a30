import type { z } from 'zod';
import type {
  AcceptHostKey,
  ConnectionTest,
  CreateTarget,
  HostKey,
  Method,
  Target,
  TestMethodConfig,
  UpdateTarget,
} from '../../contracts/target.ts';

const FINGERPRINT = 'SHA256:uNiVztksCsDhcc0u9e8BrrwwT7TSz2q3D2c4f5rJx8A';

const NEW_METHOD = {
  method_type: 'ssh',
  host: 'web1.example.org',
  port: 22,
  config: {},
  credential: { credential_type: 'password', username: 'ops', password: 'correct horse battery staple' },
} as const;

export const CREATE_TARGET: z.input<typeof CreateTarget> = {
  name: 'web1',
  os_type: 'linux',
  environment: 'production',
  labels: { role: 'web' },
  methods: [NEW_METHOD],
};

export const UPDATE_TARGET: z.input<typeof UpdateTarget> = { description: 'First web server', status: 'maintenance' };

export const TEST_METHOD: z.input<typeof TestMethodConfig> = { os_type: 'linux', method: NEW_METHOD };

export const METHOD: Method = {
  method_type: 'ssh',
  method_name: 'ssh_1',
  host: 'web1.example.org',
  port: 22,
  is_primary: true,
  is_active: true,
  priority: 1,
  config: {},
  host_key_fingerprint: FINGERPRINT,
  last_tested_at: '2025-03-01T08:01:00.000Z',
  last_test_result: 'success',
  last_test_message: 'Logged in.',
  credentials: [
    {
      credential_uuid: '0f8fad5b-d9cb-469f-a165-70867728950e',
      credential_type: 'password',
      credential_name: 'default',
      is_primary: true,
      is_active: true,
      updated_at: '2025-03-01T08:00:00.000Z',
    },
  ],
  weaknesses: [],
};

export const TARGET: Target = {
  target_serial: 'T20250001',
  target_uuid: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  name: 'web1',
  target_type: 'system',
  description: null,
  os_type: 'linux',
  environment: 'production',
  location: null,
  data_center: null,
  region: null,
  labels: { role: 'web' },
  status: 'active',
  health_status: 'unknown',
  created_at: '2025-03-01T08:00:00.000Z',
  updated_at: '2025-03-01T08:00:00.000Z',
  methods: [METHOD],
};

export const CONNECTION_TEST: ConnectionTest = {
  result: 'success',
  message: 'Logged in.',
  error_code: null,
  failure_category: null,
  duration_ms: 312,
  host_key_fingerprint: FINGERPRINT,
};

export const ACCEPT_HOST_KEY: AcceptHostKey = { fingerprint: FINGERPRINT };

export const HOST_KEY: HostKey = {
  method_name: 'ssh_1',
  host: 'web1.example.org',
  port: 22,
  pinned_fingerprint: null,
  shown_fingerprint: FINGERPRINT,
  is_accepted: true,
};
