const FRAME_MS = 100;
const CLEAR_LINE = '\r\u001b[K';

/** A line that says how far something is; on a terminal only. */
export interface ProgressLine {
  /** Shown at most ten times a second. @param text asked for only when it is shown, with the columns that it may take. */
  show(text: (columns: number) => string): void;
  /** Takes the line away, before anything else is printed. */
  clear(): void;
}

/** A line that is drawn in place on a terminal; elsewhere nothing is. */
export const createProgressLine = (out: NodeJS.WriteStream): ProgressLine => {
  let drawnAt = -Infinity;
  return {
    show(text) {
      const now = performance.now();
      if (!out.isTTY || now - drawnAt < FRAME_MS) return;
      drawnAt = now;
      out.write(`${CLEAR_LINE}${text(out.columns - 1)}`);
    },
    clear() {
      if (drawnAt > -Infinity) out.write(CLEAR_LINE);
      drawnAt = -Infinity;
    },
  };
};
