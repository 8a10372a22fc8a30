import { ReadableStream } from 'node:stream/web';
import type { Logger } from 'pino';

async function* encode(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const text of texts) if (text !== '') yield encoder.encode(text);
}

/** Text that is made while it is sent, and no faster than it is taken. */
export const streamTexts = (texts: AsyncIterable<string>): globalThis.ReadableStream => ReadableStream.from(encode(texts));

async function* linesOf(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`;
}

/** As streamTexts, a JSON document a line. */
export const streamLines = (values: AsyncIterable<unknown>): globalThis.ReadableStream => streamTexts(linesOf(values));

/** What breaks off has been answered already: only the log can say why. */
export async function* noting<T>(log: Logger, requestId: string, parts: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* parts;
  } catch (error) {
    log.error({ err: error, requestId }, 'an answer was broken off');
    throw error;
  }
}
