import { ReadableStream } from 'node:stream/web';

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
