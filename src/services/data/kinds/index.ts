import type { DataType } from '../../../contracts/data-transfer.ts';
import { CALENDARS } from './calendars.ts';
import { JOBS, TEMPLATES } from './jobs.ts';
import { SCHEDULES } from './schedules.ts';
import type { DataKind } from './kind.ts';
import { SETTINGS_KIND } from './settings.ts';
import { TARGETS } from './targets.ts';
import { USERS } from './users.ts';

/** The kinds of things that documents hold, in the order in which they are imported: those that others name come first. */
export const DATA_KINDS: readonly DataKind[] = [SETTINGS_KIND, USERS, CALENDARS, TARGETS, TEMPLATES, JOBS, SCHEDULES];

export const kindsOf = (types: readonly DataType[]): DataKind[] => DATA_KINDS.filter(({ type }) => types.includes(type));
