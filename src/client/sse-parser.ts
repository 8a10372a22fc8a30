/** One message of a server-sent event stream. */
export interface SseMessage {
  event: string;
  id: string;
  data: string;
  /** Milliseconds after which the server wants to be asked again, if it says so with this message. */
  retryMs: number | undefined;
}

/** Puts messages together from chunks that may be cut anywhere, also within a character or a line end. */
export interface SseParser {
  push(chunk: Uint8Array): SseMessage[];
}

const LINE = /([^\r\n]*)(\r\n|\n|\r)/y;

const fieldOf = (line: string): [name: string, value: string] => {
  const colon = line.indexOf(':');
  if (colon === -1) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
};

/** Parses as the HTML standard says (9.2.6). */
export const createSseParser = (): SseParser => {
  const decoder = new TextDecoder();
  let buffered = '';
  let event = '';
  let id = '';
  let data: string[] = [];
  let retryMs: number | undefined;

  const takeLine = (line: string): SseMessage | undefined => {
    if (line === '') {
      const message = data.length > 0 ? { event: event === '' ? 'message' : event, id, data: data.join('\n'), retryMs } : undefined;
      event = '';
      retryMs = undefined;
      data = [];
      return message;
    }
    const [name, value] = fieldOf(line);
    if (name === 'event') event = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
    else if (name === 'data') data.push(value);
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) retryMs = Number(value);
    return undefined;
  };

  return {
    push(chunk) {
      buffered += decoder.decode(chunk, { stream: true });
      const messages: SseMessage[] = [];
      let end = 0;
      LINE.lastIndex = 0;
      for (let match = LINE.exec(buffered); match !== null; match = LINE.exec(buffered)) {
        const [, line = '', lineEnd] = match;
        // A CR at the end of what has come may be the first half of a CRLF.
        if (lineEnd === '\r' && LINE.lastIndex === buffered.length) break;
        end = LINE.lastIndex;
        const message = takeLine(line);
        if (message !== undefined) messages.push(message);
      }
      buffered = buffered.slice(end);
      return messages;
    },
  };
};
