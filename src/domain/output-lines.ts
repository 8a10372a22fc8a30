import type { SecretMask } from './secret-mask.ts';

const MAX_LINE_CHARS = 16_384;
const NUL = /\u0000/g;
const NUL_SHOWN = '\u2400';

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
 * Lines end at LF or CRLF. NUL is shown as U+2400; a line over 16 Ki characters comes in pieces (data model, 6.7), which overlap the search for
 * secrets, so that a secret across a cut is masked as well.
 */
export const createLineSplitter = (mask: SecretMask): LineSplitter => {
  let rest = '';
  const clean = (text: string): string => mask(text.replace(NUL, NUL_SHOWN));
  const whole = (text: string): OutputLine => ({ text: clean(text.endsWith('\r') ? text.slice(0, -1) : text), continues: false });

  const cutLongRest = (lines: OutputLine[]): void => {
    while (rest.length > MAX_LINE_CHARS + mask.longest) {
      // Masked text never shows a secret, and the part kept back is long enough to complete one that only begins here.
      const masked = clean(rest);
      const kept = mask.longest;
      lines.push({ text: masked.slice(0, Math.max(1, Math.min(MAX_LINE_CHARS, masked.length - kept))), continues: true });
      rest = masked.slice(Math.max(1, Math.min(MAX_LINE_CHARS, masked.length - kept)));
    }
  };

  return {
    push(text) {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      const lines = parts.flatMap((part) => splitLongLine(whole(part)));
      cutLongRest(lines);
      return lines;
    },
    end() {
      const lines = rest === '' ? [] : splitLongLine(whole(rest));
      rest = '';
      return lines;
    },
  };
};

const splitLongLine = (line: OutputLine): OutputLine[] => {
  if (line.text.length <= MAX_LINE_CHARS) return [line];
  const pieces: OutputLine[] = [];
  for (let at = 0; at < line.text.length; at += MAX_LINE_CHARS) {
    pieces.push({ text: line.text.slice(at, at + MAX_LINE_CHARS), continues: at + MAX_LINE_CHARS < line.text.length });
  }
  return pieces;
};

/** Keeps the last bytes of a text that grows. */
export interface OutputTail {
  push(text: string): void;
  text(): string;
}

/** @param maxBytes UTF-8 bytes kept; a character is never cut. */
export const createOutputTail = (maxBytes: number): OutputTail => {
  const encoder = new TextEncoder();
  let kept: Uint8Array[] = [];
  let bytes = 0;
  // Twice the size is kept and cut now and then, so that a push costs the same however much has come.
  const compact = (): void => {
    const all = joinBytes(kept, bytes);
    let from = Math.max(0, all.length - maxBytes);
    while (from > 0 && ((all[from] ?? 0) & 0xc0) === 0x80) from += 1;
    kept = [all.slice(from)];
    bytes = all.length - from;
  };
  return {
    push(text) {
      const encoded = encoder.encode(text);
      kept.push(encoded);
      bytes += encoded.length;
      if (bytes > 2 * maxBytes) compact();
    },
    text() {
      compact();
      return new TextDecoder().decode(kept[0]);
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
