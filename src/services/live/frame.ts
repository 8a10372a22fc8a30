/** One message of a stream of events. */
export interface Message {
  type: string;
  /** Where whoever got it goes on from; empty: from where it would have gone on before. */
  id: string;
  data: unknown;
}

const encoder = new TextEncoder();
const CHUNK_CHARACTERS = 65_536;

const frameOf = ({ type, id, data }: Message): string =>
  `event: ${type}\n${id === '' ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

/** Bytes of messages as server-sent events, in chunks of at most some 64 KiB beyond the longest message; each chunk ends with a whole message. */
export const encodeMessages = (messages: readonly Message[]): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  let text = '';
  for (const message of messages) {
    text += frameOf(message);
    if (text.length < CHUNK_CHARACTERS) continue;
    chunks.push(encoder.encode(text));
    text = '';
  }
  if (text !== '') chunks.push(encoder.encode(text));
  return chunks;
};

/** Proxies and watchdogs of clients close what is silent. */
export const KEEP_ALIVE = encoder.encode(': still here\n\n');

/** The last words of a stream. @param retryMs when to come again. */
export const farewell = (reason: 'access_ended' | 'server_stops', retryMs: number): Uint8Array =>
  encoder.encode(`retry: ${retryMs}\nevent: closed\ndata: ${JSON.stringify({ reason })}\n\n`);
