import { OpsError } from '../../domain/ops-error.ts';

export const DEFAULT_MAX_OUTPUT = 16_384;
/** Both outputs of all rows of a page. */
const MOST_OF_PAGE = 33_554_432;

/** SQL of the end of an output, and whether that is not all of it. `length` is of characters, so that it may still be longer in bytes: see cutOutputs. */
export const outputColumns = (row: string, maxBytes: number): string =>
  `right(${row}.result_output, ${maxBytes}) AS result_output, right(${row}.result_error, ${maxBytes}) AS result_error,
   coalesce(octet_length(${row}.result_output), 0) > ${maxBytes} OR coalesce(octet_length(${row}.result_error), 0) > ${maxBytes} AS output_cut`;

/** The last bytes of a text, not beginning within a character. */
export const lastBytes = (text: string, maxBytes: number): string => {
  // A character has at least as many bytes as UTF-16 units have thirds.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text);
  let from = bytes.length - maxBytes;
  while (((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return bytes.subarray(from).toString('utf8');
};

/** The row with outputs of at most so many bytes. */
export const cutOutputs = <Row extends { result_output: string | null; result_error: string | null }>(row: Row, maxBytes: number): Row => ({
  ...row,
  // Fields that were not asked for are not there.
  ...(typeof row.result_output === 'string' && { result_output: lastBytes(row.result_output, maxBytes) }),
  ...(typeof row.result_error === 'string' && { result_error: lastBytes(row.result_error, maxBytes) }),
});

/** How many bytes of each output a page shows. @throws OpsError VALIDATION when the page could hold more than 32 MiB of them. */
export const maxOutputOf = ({ limit, max_output: asked }: { limit: number; max_output?: number | undefined }): number => {
  const maxOutput = asked ?? DEFAULT_MAX_OUTPUT;
  if (limit * maxOutput * 2 <= MOST_OF_PAGE) return maxOutput;
  const message = `may be at most ${Math.floor(MOST_OF_PAGE / 2 / limit)} with a limit of ${limit}; ask for fewer at once, or for less of each`;
  throw new OpsError('VALIDATION', `max_output ${message}.`, { fields: [{ path: 'max_output', message }] });
};
