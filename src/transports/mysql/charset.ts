import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { BoundText } from '../../contracts/transport.ts';

/** What the driver would cut to a byte of another character, without a word. */
const BEYOND: Readonly<Record<MethodConfig<'mysql'>['charset'], RegExp | undefined>> = {
  utf8mb4: undefined,
  utf8: /[\u{10000}-\u{10FFFF}]/u,
  latin1: /[^\0-\x7F\xA0-\xFF]/u,
  // eslint-disable-next-line no-control-regex -- the whole of ASCII
  ascii: /[^\0-\x7F]/u,
};

/** Does the statement or a value hold a character that the charset of the connection cannot send? */
export const exceedsCharset = ({ segments, values }: BoundText, charset: MethodConfig<'mysql'>['charset']): boolean =>
  [...segments, ...values].some((text) => typeof text === 'string' && BEYOND[charset]?.test(text) === true);
