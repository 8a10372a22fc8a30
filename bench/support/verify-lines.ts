import { ActionResult, Branch, LogLine } from '../../src/contracts/execution.ts';
import type { ApiClient } from './api-client.ts';
import { readPages } from './pages.ts';
import { check } from './say.ts';

/** The record holds every line of a run on one target once, in order, and its numbers leave no gap. @throws BenchFailure */
export const verifyLines = async (api: ApiClient, serial: string, lines: number, lineOf: (number: number) => string): Promise<void> => {
  let [rows, outputs] = [0, 0];
  for await (const page of readPages(api, `/executions/${serial}/logs?limit=5000`, LogLine)) {
    for (const { line_number, stream, log_message } of page) {
      if (line_number === null) continue;
      rows += 1;
      check(line_number === rows, `${serial}: line number ${line_number} follows ${rows - 1}`);
      if (stream === null) continue;
      outputs += 1;
      check(stream === 'stdout' && log_message === lineOf(outputs), `${serial}: output line ${outputs} is "${log_message}"`);
    }
  }
  check(outputs === lines, `${serial}: ${outputs} lines of output in the record instead of ${lines}`);
  for await (const [branch] of readPages(api, `/executions/${serial}/branches?limit=1`, Branch)) {
    check(branch?.last_line_number === rows, `${serial}: last_line_number is ${branch?.last_line_number} instead of ${rows}`);
  }
};

/** Seconds from the start of the only action of a run to its end, both as recorded. @throws BenchFailure */
export const actionSeconds = async (api: ApiClient, serial: string): Promise<number> => {
  const results: ActionResult[] = [];
  for await (const page of readPages(api, `/executions/${serial}/results?limit=10`, ActionResult)) results.push(...page);
  const [result] = results;
  check(results.length === 1 && result?.started_at != null && result.completed_at !== null, `${serial}: the record has no single result`);
  return (Date.parse(result.completed_at) - Date.parse(result.started_at)) / 1_000;
};
