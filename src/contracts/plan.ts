import { z } from 'zod';
import { ActionSlot, ActionType, CommunicationMethodType } from './enums.ts';
import { JobSerial, StartExecution } from './job.ts';
import { ConnectionTest, TargetSerial } from './target.ts';
import { Text } from './text.ts';

/** A run that is only looked at, and which page of its targets. */
export const PlanJob = StartExecution.extend({
  probe: z.boolean().default(false).meta({ description: 'Connects to the targets of the page and logs in; nothing is run on them.' }),
  limit: z.number().int().min(1).max(100).default(20).meta({ description: 'Targets of a page.' }),
  cursor: Text(200).optional(),
}).meta({ id: 'PlanJob' });
export type PlanJob = z.infer<typeof PlanJob>;

const PlanStep = z
  .object({
    action_order: z.number().int(),
    action_key: z.string(),
    action_name: z.string(),
    action_type: ActionType,
    parent: z.number().int().nullable().meta({ description: 'Order of the action around it.' }),
    slot: ActionSlot.nullable().meta({ description: 'Where in that action.' }),
    case: z.string().nullable().meta({ description: 'Of a switch: the text that leads to it.' }),
    verdict: z.enum(['runs', 'skipped', 'decided', 'fails']).meta({
      description: 'decided: while it runs, by what is not known yet. fails: it will surely fail if it is reached.',
    }),
    reason: z.string().nullable(),
    method: z.string().nullable().meta({ description: 'Name of the method over which it runs.' }),
    texts: z.array(z.object({ field: z.string(), text: z.string() })).meta({
      description: 'With the values that are known; secrets are masked, what is not known yet stands as it is written.',
    }),
    weaknesses: z.array(z.string()).meta({ description: 'Of its connectionString: what protects it less than it could.' }),
  })
  .meta({ id: 'PlanStep' });
export type PlanStep = z.infer<typeof PlanStep>;

const PlanTarget = z
  .object({
    target_serial: TargetSerial,
    target_name: z.string(),
    steps: z.array(PlanStep),
    probes: z
      .array(ConnectionTest.extend({ method_name: z.string(), method_type: CommunicationMethodType, address: z.string() }))
      .meta({ description: 'One for each method that an action would use; empty unless asked for.' }),
  })
  .meta({ id: 'PlanTarget' });
export type PlanTarget = z.infer<typeof PlanTarget>;

const LeftOut = z.object({ target_serial: TargetSerial, target_name: z.string(), reason: z.string() }).meta({ id: 'LeftOutTarget' });

export const JobPlan = z
  .object({
    job_serial: JobSerial,
    job_name: z.string(),
    definition_version: z.number().int(),
    total_targets: z.number().int().meta({ description: 'That the run would go over.' }),
    left_out_total: z.number().int(),
    left_out: z.array(LeftOut).meta({ description: 'The first 100 targets of the job that the run would leave out.' }),
    targets: z.array(PlanTarget),
    next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last one.' }),
  })
  .meta({ id: 'JobPlan' });
export type JobPlan = z.infer<typeof JobPlan>;
