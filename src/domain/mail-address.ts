import { OpsError } from './ops-error.ts';

/** An address, and the name shown before it. */
export interface MailAddress {
  name: string;
  address: string;
}

const ADDRESS = /^[^\s<>(),;:"[\]\\@\p{Cc}]+@[^\s<>(),;:"[\]\\@\p{Cc}]+$/u;
const NAMED = /^(?:"([^"\p{Cc}]*)"|([^"<>\p{Cc}]*?))\s*<([^<>]*)>$/u;

/**
 * Reads one address: `ann@example.org`, `Ann <ann@example.org>` or `"Doe, Ann" <ann@example.org>`. A list, a group, a comment or a line break
 * is refused, so the value of a variable can add neither a recipient nor a header.
 * @param field what it is, for the message
 * @throws OpsError VALIDATION
 */
export const parseMailAddress = (text: string, field: string): MailAddress => {
  const trimmed = text.trim();
  const [, quoted, plain, inner] = NAMED.exec(trimmed) ?? [];
  const address = inner ?? trimmed;
  if (ADDRESS.test(address)) return { name: quoted ?? plain ?? '', address };
  throw new OpsError(
    'VALIDATION',
    `The field ${field} of the mail holds ${JSON.stringify(text.slice(0, 200))}, which is not one mail address.`,
  );
};
