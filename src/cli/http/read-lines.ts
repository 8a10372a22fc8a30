import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

/** The JSON documents of an answer that has one a line, as they come. */
export async function* readLines<Line>(body: Response['body']): AsyncGenerator<Line, void, undefined> {
  if (body === null) return;
  const input = Readable.fromWeb(body);
  for await (const text of createInterface({ input, crlfDelay: Infinity })) if (text !== '') yield JSON.parse(text) as Line;
}
