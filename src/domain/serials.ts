const DIGITS = 4;

const pad = (number: number): string => String(number).padStart(DIGITS, '0');

/** `J20250001`, `T202512345`: letter, year, counter of at least four digits (data model, 1.3). */
export const formatYearSerial = (letter: 'J' | 'T', year: number, counter: number): string => `${letter}${year}${pad(counter)}`;

/** Serial of a part: execution of a job, branch of an execution, action of a branch. */
export const childSerial = (parent: string, number: number): string => `${parent}.${pad(number)}`;

/** Id of the workflow that runs an execution. */
export const jobWorkflowId = (execution: string): string => `job/${execution}`;

/** Id of a shard, numbered from 1. */
export const shardWorkflowId = (execution: string, shard: number): string => `${execution}/s${shard}`;

/** Id of the workflow of one target within an execution; the n-th retry has one of its own. */
export const branchWorkflowId = (execution: string, target: string, retry = 0): string =>
  `${execution}/b/${target}${retry === 0 ? '' : `/r${retry}`}`;

/** `J20250001.0001.0007` → `J20250001.0001`; undefined when there is no parent. */
export const parentSerial = (serial: string): string | undefined => {
  const dot = serial.lastIndexOf('.');
  return dot === -1 ? undefined : serial.slice(0, dot);
};
