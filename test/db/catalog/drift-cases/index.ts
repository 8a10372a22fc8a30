import { COLUMNS } from './columns.ts';
import { CONSTRAINTS } from './constraints.ts';
import { INDEXES } from './indexes.ts';
import { TRIGGERS } from './triggers.ts';
import { DEFINITIONS } from './definitions.ts';
import { TABLES } from './tables.ts';

export const DRIFT_CASES = [...COLUMNS, ...CONSTRAINTS, ...INDEXES, ...TRIGGERS, ...DEFINITIONS, ...TABLES];
