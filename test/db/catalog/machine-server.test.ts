import { afterAll, beforeAll, describe } from 'vitest';
import { startMachinePostgres, withoutMachinePostgres } from '../../support/machine-postgres.ts';
import type { MachinePostgres } from '../../support/machine-postgres.ts';
import { describeServer } from './support/describe-server.ts';

describe.skipIf(withoutMachinePostgres)('on the PostgreSQL of this machine', () => {
  let server: MachinePostgres | undefined;
  beforeAll(async () => {
    server = await startMachinePostgres();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  describeServer(() => server?.templateUrl ?? '');
});
