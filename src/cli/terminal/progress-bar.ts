import type { Paint } from './paint.ts';

/** How far something is: `failed` is a part of `done`. */
export interface Progress {
  done: number;
  failed: number;
  total: number;
}

/** Percentage that says 100 only when all is done. */
export const percentText = ({ done, total }: Pick<Progress, 'done' | 'total'>): string => {
  const percent = total === 0 ? 0 : Math.floor((Math.min(done, total) / total) * 100);
  return `${percent} %`;
};

/** A bar of exactly `width` columns; its failed part is red, and shown as soon as one has failed. */
export const progressBar = ({ done, failed, total }: Progress, width: number, paint: Paint): string => {
  const share = (part: number): number => (total === 0 ? 0 : Math.min(1, part / total) * width);
  const filled = Math.floor(share(done));
  const red = failed === 0 ? 0 : Math.min(filled, Math.max(1, Math.round(share(failed))));
  return paint.green('█'.repeat(filled - red)) + paint.red('█'.repeat(red)) + paint.dim('░'.repeat(width - filled));
};
