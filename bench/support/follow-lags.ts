import { get } from 'node:http';
import type { ApiClient } from './api-client.ts';
import { BenchFailure } from './say.ts';

/** What one of many followers of a run got. */
export interface FollowerLags {
  /** From the time that stands in a line, until it is here, in milliseconds. */
  lags: number[];
  hasEnd: boolean;
}

const STAMPED = /"log_message":"at (\d{13})"/g;

/** Follows a run whose lines say `at <milliseconds>`, on a connection of its own. `opened` is told of the first bytes. */
export const followLags = (api: ApiClient, execution: string, opened: () => void): Promise<FollowerLags> =>
  new Promise((resolve, reject) => {
    const lags: number[] = [];
    let rest = '';
    let hasEnd = false;
    const request = get(`${api.url}/executions/${execution}/events`, { agent: false, headers: { authorization: `Bearer ${api.token}` } });
    request.on('error', reject);
    request.on('response', (response) => {
      if (response.statusCode !== 200)
        return reject(new BenchFailure(`The events of ${execution} are answered with ${response.statusCode}.`));
      response.setEncoding('utf8').once('data', opened);
      response.on('data', (text: string) => {
        const now = Date.now();
        const events = rest + text;
        const end = events.lastIndexOf('\n\n') + 1;
        for (const [, at] of events.slice(0, end).matchAll(STAMPED)) lags.push(now - Number(at));
        hasEnd ||= events.includes('event: end\n');
        rest = events.slice(end);
      });
      response.on('end', () => resolve({ lags, hasEnd }));
      response.on('error', reject);
    });
  });
