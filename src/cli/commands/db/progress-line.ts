const CLEAR_LINE = '\r\u001b[K';
const BETWEEN_MS = 200;

/** One line at the bottom of a terminal that is written over; nothing at all where there is no terminal. */
export interface ProgressLine {
  show(text: string): void;
  clear(): void;
}

export const createProgressLine = (stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>): ProgressLine => {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined };
  let shownAt = -BETWEEN_MS;
  return {
    show(text) {
      if (performance.now() - shownAt < BETWEEN_MS) return;
      shownAt = performance.now();
      stream.write(CLEAR_LINE + text);
    },
    clear: () => void stream.write(CLEAR_LINE),
  };
};

/** A size for people: `0.4 MB`, `1.2 GB`. */
export const sizeText = (bytes: number): string =>
  bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`;
