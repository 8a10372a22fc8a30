import type { SecretMask } from './secret-mask.ts';

const MAX_LINE_CHARS = 16_384;
const NUL = '\0';

/** NUL, which Postgres cannot store, is shown as U+2400. */
export const showNul = (text: string): string => text.replaceAll(NUL, '\u2400');

/** One line of output, masked, without its end. `continues`: the line was longer and goes on in the next one. */
export interface OutputLine {
  text: string;
  continues: boolean;
}

/** Turns a stream of text into masked lines; the last one, which has no end yet, waits for `end()`. */
export interface LineSplitter {
  push(text: string): OutputLine[];
  end(): OutputLine[];
}

/**
 * Lines end at LF or CRLF. NUL is shown as U+2400; a line over 16 Ki characters comes in pieces (data model, 6.7), which are cut from the masked line.
 * What comes out depends on the text only, not on how it was cut into chunks.
 */
export const createLineSplitter = (mask: SecretMask): LineSplitter => {
  // Of the line that has no end yet: what is masked for good, and what comes after it.
  let masked = '';
  let rest = '';

  const endLine = (end: string): OutputLine[] => {
    const line = masked + mask(end.endsWith('\r') ? end.slice(0, -1) : end);
    masked = '';
    return splitLongLine(line);
  };

  const cutLongRest = (): OutputLine[] => {
    if (rest.length <= MAX_LINE_CHARS + mask.longest) return [];
    // A CR may be half of the line's end.
    const text = rest.endsWith('\r') ? rest.slice(0, -1) : rest;
    const head = mask.head(text);
    rest = head.rest + rest.slice(text.length);
    const pieces = splitLongLine(masked + head.masked);
    masked = pieces.pop()?.text ?? '';
    return pieces;
  };

  return {
    push(text) {
      const parts = (rest + showNul(text)).split('\n');
      rest = parts.pop() ?? '';
      const lines = parts.flatMap(endLine);
      return rest.length > MAX_LINE_CHARS ? lines.concat(cutLongRest()) : lines;
    },
    end() {
      const lines = masked === '' && rest === '' ? [] : endLine(rest);
      rest = '';
      return lines;
    },
  };
};

/** A piece never ends inside a surrogate pair, half of which has no UTF-8 form. */
const pieceEnd = (text: string, from: number): number => {
  const end = from + MAX_LINE_CHARS;
  return (text.codePointAt(end - 1) ?? 0) > 0xffff ? end - 1 : end;
};

const splitLongLine = (text: string): OutputLine[] => {
  const pieces: OutputLine[] = [];
  let from = 0;
  while (text.length - from > MAX_LINE_CHARS) {
    const end = pieceEnd(text, from);
    pieces.push({ text: text.slice(from, end), continues: true });
    from = end;
  }
  pieces.push({ text: text.slice(from), continues: false });
  return pieces;
};

/** Keeps the last bytes of a text that grows. */
export interface OutputTail {
  push(text: string): void;
  text(): string;
  /** Something was cut. */
  readonly isCut: boolean;
}

const MOST_PARTS = 1_024;

/** @param maxBytes UTF-8 bytes kept; a character is never cut. */
export const createOutputTail = (maxBytes: number): OutputTail => {
  const encoder = new TextEncoder();
  let kept: Uint8Array[] = [];
  let bytes = 0;
  let isCut = false;
  // Twice the size is kept and cut now and then, so that a push costs the same however much has come.
  const compact = (): void => {
    const all = joinBytes(kept, bytes);
    let from = Math.max(0, all.length - maxBytes);
    while (from > 0 && ((all[from] ?? 0) & 0xc0) === 0x80) from += 1;
    kept = [all.slice(from)];
    bytes = all.length - from;
    isCut ||= from > 0;
  };
  return {
    push(text) {
      const encoded = encoder.encode(text);
      kept.push(encoded);
      bytes += encoded.length;
      if (bytes > 2 * maxBytes || kept.length > MOST_PARTS) compact();
    },
    text() {
      compact();
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(kept[0]);
    },
    get isCut() {
      return isCut;
    },
  };
};

const joinBytes = (parts: readonly Uint8Array[], length: number): Uint8Array => {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
