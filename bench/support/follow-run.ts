import { LogLine } from '../../src/contracts/execution.ts';
import type { ApiClient } from './api-client.ts';
import { BenchFailure } from './say.ts';

/** What a live reader of a run was told. */
export interface FollowedRun {
  status: string;
  /** Lines of output, each counted once. */
  outputLines: number;
}

const fieldOf = (event: string, name: string): string => {
  const start = `${name}: `;
  return (
    event
      .split('\n')
      .find((line) => line.startsWith(start))
      ?.slice(start.length) ?? ''
  );
};

/** Follows the events of a run until its end. @throws BenchFailure when the stream ends before the run. */
export const followRun = async (api: ApiClient, execution: string): Promise<FollowedRun> => {
  const { body } = await api.open(`/executions/${execution}/events`);
  const lines = new Set<string>();
  let rest = '';
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = (rest + text).split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const type = fieldOf(event, 'event');
      if (type === 'end') return { status: fieldOf(event, 'data'), outputLines: lines.size };
      if (type !== 'line') continue;
      const line = LogLine.parse(JSON.parse(fieldOf(event, 'data')));
      if (line.stream !== null) lines.add(`${line.branch_serial} ${line.line_number}`);
    }
  }
  throw new BenchFailure(`The events of ${execution} ended before the run did.`);
};
