export { defineSchedule } from './define-schedule.ts';
export type { ScheduleDefinition, ScheduleRule } from '../generated/schemas.ts';
