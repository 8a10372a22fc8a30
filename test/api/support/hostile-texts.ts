import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file that is there once somebody has run one of these. */
export const MARKER = join(tmpdir(), `opsc-${randomBytes(4).toString('hex')}`);

/** Texts that something takes for more than text, by who does. They are short, so that fields of some length take them. */
export const HOSTILE = {
  'SQL or a shell': [
    `x'; DROP TABLE users CASCADE; --$(touch ${MARKER})`,
    `x'||(SELECT pg_sleep(600))||'\`touch ${MARKER}\``,
    `$1 %s %I :name ?; touch ${MARKER} & touch ${MARKER} | touch ${MARKER}`,
    `x" OR 1=1; DELETE FROM jobs; --\ntouch ${MARKER}\n`,
    `$$; UPDATE users SET role = 'admin'; --'"; touch ${MARKER}; echo "'`,
  ],
  'a path or an address': [
    '../../../../../../etc/passwd',
    'file:///etc/passwd#http://169.254.169.254/latest/',
    '/etc/passwd',
    String.raw`..\..\..\windows\win.ini`,
    '..%2f..%2fetc%2fpasswd',
  ],
  'a header or a line of a log': [
    'x\r\nX-Evil: 1\r\nSet-Cookie: evil=1\r\n\r\n{"level":60,"msg":"forged"}\u001b[2J\u2028',
    '\u001b]0;evil\u0007x\nX-Evil: 1\n{"level":60,"msg":"forged"}\u0085',
  ],
  'a formula or markup': [
    `=cmd|' /C calc'!A0"><script>alert(1)</script>`,
    '@SUM(1+1)*cmd{{7*7}}',
    '+1+1<%= 7*7 %>',
    '-1+1<img src=x onerror=alert(1)>',
    '\t=1+1]]>&xxe;<!--',
    '\r=1+1#{7*7}',
    '\n=1+1{{7*7}}',
    '＝1+1<<: *x',
  ],
  'a prototype': ['__proto__', 'constructor', 'toString'],
} as const satisfies Record<string, readonly string[]>;

/** Some of each; of the last one, because a thing may have been made that is called like another. */
export const SOME_HOSTILE: readonly (readonly [string, string])[] = Object.entries(HOSTILE).flatMap(([kind, texts]) =>
  texts.slice(0, kind === 'a prototype' ? 1 : 2).map((text, index) => [`${kind} (${index + 1})`, text] as const),
);
