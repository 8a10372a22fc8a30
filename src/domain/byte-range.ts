/** Bytes from `start` to `end`, without `end`. */
export interface ByteRange {
  start: number;
  end: number;
}

const RANGE = /^bytes=(\d{0,16})-(\d{0,16})$/i;

/**
 * What a `Range` header (RFC 9110, 14.2) asks of content of this size. Several ranges, other units and what cannot be read are passed over.
 * @returns undefined: all of it. `unsatisfiable`: it begins behind the end.
 */
export const readByteRange = (header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined => {
  const [, first, last] = RANGE.exec(header?.replaceAll(/\s/g, '') ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') return Number(last) === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - Number(last)), end: size };
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
};
