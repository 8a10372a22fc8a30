import { afterAll, beforeAll, describe } from 'vitest';
import { withoutMachinePostgres } from '../../support/machine-postgres.ts';
import { startMachineTemplate } from '../../support/machine-template.ts';
import type { MachineTemplate } from '../../support/machine-template.ts';
import { describeServer } from './support/describe-server.ts';

describe.skipIf(withoutMachinePostgres)('on the PostgreSQL of this machine', () => {
  let server: MachineTemplate | undefined;
  beforeAll(async () => {
    server = await startMachineTemplate();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  describeServer(() => server?.templateUrl ?? '');
});
