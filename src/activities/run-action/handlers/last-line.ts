import type { SecretMask } from '../../../domain/secret-mask.ts';
import { showNul } from '../../../domain/output-lines.ts';
import type { OutputSink } from '../../../transports/transport.ts';

const LONGEST_SHOWN = 300;
const BYTES_A_CHARACTER = 4;

/** Passes output on, and keeps the last line of standard error that says anything, masked. */
export const keepLastLine = (output: OutputSink, mask: SecretMask): { sink: OutputSink; text(): string } => {
  // A secret that is cut at the beginning of what is kept must not reach into what is shown.
  const kept = BYTES_A_CHARACTER * (2 * LONGEST_SHOWN + mask.longest);
  let end = Buffer.alloc(0);
  return {
    sink: async (stream, chunk) => {
      if (stream === 'stderr') end = Buffer.concat([end, chunk.subarray(-kept)]).subarray(-kept);
      await output(stream, chunk);
    },
    text: () => {
      const line = showNul(mask(end.toString()))
        .split(/[\r\n]+/)
        .findLast((text) => text.trim() !== '');
      return line?.trim().slice(-LONGEST_SHOWN) ?? '';
    },
  };
};
