import { z } from 'zod';
import { TargetEnvironment, TargetStatus } from './enums.ts';
import { oneOf } from './json/shared.ts';
import { SelectorText } from './selector.ts';
import { ConnectionTest, LabelName, LabelsInput, TargetKey, TargetSerial } from './target.ts';
import { Text } from './text.ts';

/** More is done in several requests. */
export const BULK_TARGETS_MAX = 1_000;

const Targets = {
  targets: z.array(TargetKey).min(1).max(BULK_TARGETS_MAX).optional(),
  selector: SelectorText.optional(),
};
const namesTargets = oneOf(['targets', 'selector'], 1);
const NAMES_TARGETS = 'name targets, or give a selector; not both';

/** Targets of which the connection is tested. */
export const TestTargets = z.strictObject(Targets).refine(namesTargets, NAMES_TARGETS).meta({ id: 'TestTargets' });
export type TestTargets = z.infer<typeof TestTargets>;

/** What came of the test of one target; a line of the stream. */
export const TargetTest = ConnectionTest.extend({ target_serial: TargetSerial, target_name: z.string() }).meta({ id: 'TargetTest' });
export type TargetTest = z.infer<typeof TargetTest>;

/** Fields that several targets get. */
const BulkFields = z
  .strictObject({
    environment: TargetEnvironment.optional(),
    status: TargetStatus.optional(),
    location: Text(100).nullable().optional(),
    data_center: Text(100).nullable().optional(),
    region: Text(100).nullable().optional(),
  })
  .meta({ id: 'BulkFields' });
export type BulkFields = z.infer<typeof BulkFields>;

const changesSomething = ({ set, add_labels: added, remove_labels: removed }: Record<string, object | unknown[] | undefined>): boolean =>
  [set, added, removed].some((part) => part !== undefined && Object.keys(part).length > 0);

/** Changes of several targets, all of them or none. */
export const UpdateTargets = z
  .strictObject({
    ...Targets,
    set: BulkFields.optional(),
    add_labels: LabelsInput.optional().meta({ description: 'Labels that each target gets; one of the same name gets the new value.' }),
    remove_labels: z.array(LabelName).max(64).optional().meta({ description: 'Labels that each target loses, where it has them.' }),
    dry_run: z.boolean().default(false).meta({ description: 'Tell what would change, and change nothing.' }),
  })
  .refine(namesTargets, NAMES_TARGETS)
  .refine(
    ({ set, add_labels, remove_labels }) => changesSomething({ set, add_labels, remove_labels }),
    'say what shall change: set, add_labels or remove_labels',
  )
  .meta({ id: 'UpdateTargets' });
export type UpdateTargets = z.infer<typeof UpdateTargets>;

export const UpdatedTargets = z
  .object({
    total: z.number().int().meta({ description: 'Targets that were named, or that the selector fits.' }),
    changed: z.array(TargetSerial).meta({ description: 'Those that were not as they shall be.' }),
    dry_run: z.boolean(),
  })
  .meta({ id: 'UpdatedTargets' });
export type UpdatedTargets = z.infer<typeof UpdatedTargets>;
