import { ERROR_MEANINGS } from '../domain/error-meanings.ts';
import { faultOf } from '../domain/failure.ts';
import { ERROR_CODES } from '../domain/ops-error.ts';
import type { ErrorCode } from '../domain/ops-error.ts';

const HEAD = `# Codes of problems

Every problem that the API answers is a document of RFC 9457 (\`application/problem+json\`): \`code\` is stable and what programs decide by, \`detail\` is for people and
may change, \`errors\` names the fields. \`type\` is \`urn:opsconductor:problem:CODE\`, \`instance\` names the request as in the log of the server. The same codes are \`error_code\` of
runs, branches and attempts on the record; *category* and *fault* are what the record says of them then. What to do about each is in [troubleshooting](troubleshooting.md);
which of them an operation may answer is in \`x-problems\` of the OpenAPI document.

A code is never renamed and never means another thing; new ones are added. With \`Retry-After\`, a repeat may succeed after so many seconds.

This page is written by \`npm run errors\` from \`src/domain/ops-error.ts\`; a test compares it with the code.

| code | status | category | fault | meaning |
|---|---|---|---|---|
`;

const rowOf = (code: ErrorCode): string => {
  const { status, category } = ERROR_CODES[code];
  return `| \`${code}\` | ${status} | ${category} | ${faultOf(category, code)} | ${ERROR_MEANINGS[code]} |\n`;
};

/** docs/errors.md of this version: all codes by status, those of one status in the order of their table. */
export const errorsPage = (): string => {
  const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).toSorted((a, b) => ERROR_CODES[a].status - ERROR_CODES[b].status);
  return HEAD + codes.map(rowOf).join('');
};
