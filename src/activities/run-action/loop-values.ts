import type { Sequelize } from 'sequelize';
import type { ActionRef } from '../../contracts/run.ts';
import { readItem } from '../control-record.ts';

/** LOOP_INDEX, from 0, and LOOP_ITEM of the innermost loop over a list around an action. */
export const loopValues = async (db: Sequelize, { branch, loop }: Pick<ActionRef, 'branch' | 'loop'>): Promise<Record<string, unknown>> => {
  if (loop === undefined) return {};
  const item = await readItem(db, branch, loop.order, loop.iteration, loop.index);
  return { LOOP_INDEX: loop.index, ...(item !== undefined && item !== null && { LOOP_ITEM: item }) };
};
