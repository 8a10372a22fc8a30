import type { Page } from '../../../src/contracts/page.ts';

/** Something that OpsConductor asks its database, in one or several statements. */
export interface QueryCase {
  name: string;
  /** `page`: a list, or a write of many rows. `row`: one thing by its key. Each has its limit. */
  kind: 'page' | 'row';
  /** Names of the exported functions whose statements these are. */
  covers: readonly string[];
  /** Rows that a statement may read whatever it gives: it counts, or looks through a bounded part. */
  reads?: number;
  /** Asks once; another number asks for other rows. */
  call: (number: number) => Promise<unknown>;
}

/** Steps that have no common divisor with the length of a list meet all of it. */
const STEP = 7_919;

/** An element of the list; consecutive numbers give elements far from each other. @throws Error when the list is empty. */
export const pick = <T>(list: readonly T[], number: number): T => {
  const picked = list[(number * STEP) % list.length];
  if (picked === undefined) throw new Error('There is nothing to pick from.');
  return picked;
};

/** Reads a list to its end and gives the cursors of the pages in its second half. @throws Error when the list has less than four pages. */
export const deepCursors = async (list: (cursor: { cursor?: string }) => Promise<Page<unknown>>): Promise<string[]> => {
  const cursors: string[] = [];
  for (let page = await list({}); page.next !== null; page = await list({ cursor: page.next })) cursors.push(page.next);
  if (cursors.length < 3) throw new Error('This list is too short to have a deep page.');
  return cursors.slice(Math.floor(cursors.length / 2));
};
