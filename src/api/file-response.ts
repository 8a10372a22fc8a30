import { ReadableStream } from 'node:stream/web';

/** RFC 6266: any name, and the file is never shown in place. */
export const dispositionOf = (name: string): string =>
  `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;

/** Content as the body of an answer: it is asked for only as fast as the client takes it. */
export const streamOf = (content: AsyncIterable<Uint8Array>): globalThis.ReadableStream => ReadableStream.from(content);
