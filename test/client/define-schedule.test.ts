import { expect, test } from 'vitest';
import type { z } from 'zod';
import { definedSchedules } from '../../src/client/schedules/define-schedule.ts';
import { defineSchedule } from '../../src/client/schedules/index.ts';
import type { ScheduleDefinition } from '../../src/client/schedules/index.ts';
import { ScheduleDefinition as Contract } from '../../src/contracts/schedule.ts';

/** Both ways: what an author may write is what the contract takes, and the other way round. */
const same = {
  toContract: (definition: ScheduleDefinition): z.input<typeof Contract> => definition,
  toAuthor: (definition: z.input<typeof Contract>): ScheduleDefinition => definition,
};

test('the type of authors is that of the contract, and the place of a call is noted', () => {
  const definition = defineSchedule({ name: 'Nightly', job: 'Disk space', when: { daily: { at: '03:00' } } });
  expect(Contract.parse(same.toContract(same.toAuthor(definition)))).toMatchObject({ name: 'Nightly', timezone: 'UTC' });
  expect(definedSchedules().get(definition)).toEqual({ file: expect.stringMatching(/client\/define-schedule\.test\.ts$/), line: 15 });
});
