import type { MethodConfig } from '../../contracts/methods/index.ts';

export type Encoding = MethodConfig<'telnet'>['encoding'];

const LARGEST_CODE: Readonly<Record<Encoding, number>> = { ascii: 0x7f, latin1: 0xff, 'utf-8': 0x10_ff_ff };

/** The bytes of a text; undefined when the encoding has no byte for one of its characters. */
export const encodeText = (text: string, encoding: Encoding): Buffer | undefined => {
  const fits = [...text].every((character) => (character.codePointAt(0) ?? 0) <= LARGEST_CODE[encoding]);
  if (!fits) return undefined;
  return Buffer.from(text, encoding === 'utf-8' ? 'utf8' : 'latin1');
};

/** Output is kept as UTF-8. */
export const toUtf8 = (bytes: Buffer, encoding: Encoding): Buffer =>
  encoding === 'latin1' ? Buffer.from(bytes.toString('latin1'), 'utf8') : bytes;
