import type { Artifact } from '../../contracts/artifact.ts';

export const ARTIFACT: Artifact = {
  artifact_uuid: '2c1d43b8-e6d7-4b55-9a39-0f2c8c6f3d10',
  artifact_type: 'upload',
  name: 'nginx.conf',
  size_bytes: 1_024,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  execution_serial: null,
  action_serial: null,
  attempt: null,
  created_by: 'admin',
  created_at: '2025-03-01T08:00:00.000Z',
  completed_at: '2025-03-01T08:00:01.000Z',
  expires_at: null,
};
