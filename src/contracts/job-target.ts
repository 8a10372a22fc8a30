import { z } from 'zod';
import { TargetEnvironment, TargetStatus } from './enums.ts';
import { listQuery } from './list.ts';
import { TargetSerial } from './target.ts';

export const JobTarget = z
  .object({
    target_serial: TargetSerial,
    name: z.string(),
    status: TargetStatus,
    os_type: z.string(),
    environment: TargetEnvironment,
  })
  .meta({ id: 'JobTarget' });
export type JobTarget = z.infer<typeof JobTarget>;

export const JobTargetFilter = listQuery({ item: JobTarget, sorts: ['created'], sort: 'created' }, { status: TargetStatus.optional() });
export type JobTargetFilter = z.infer<typeof JobTargetFilter>;

const Serials = z.array(TargetSerial).min(1).max(100_000).optional();

export const ChangeJobTargets = z
  .strictObject({
    add: Serials.meta({ description: 'Those that are on the list already stay.' }),
    remove: Serials.meta({ description: 'Those that are not on the list are passed over.' }),
  })
  .meta({ id: 'ChangeJobTargets' });
export type ChangeJobTargets = z.infer<typeof ChangeJobTargets>;
