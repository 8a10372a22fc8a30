import { expect, test } from 'vitest';
import { connectionWeaknesses } from '../../src/services/jobs/connection-weaknesses.ts';

test.each<[string, RegExp[]]>([
  ['postgresql://ops:${PASSWORD}@db/x', []],
  ['postgres://ops:${PASSWORD}@db/x?ssl_mode=prefer', [/^ssl_mode prefer: .*turn the encryption off/, /^ssl_mode prefer: any certificate/]],
  ['POSTGRESQL://ops@db/x?timeout=3&ssl_mode=disable', [/^ssl_mode disable: nothing is encrypted.*the login too$/]],
  [
    'postgresql://${HOST}/x?ssl_mode=disable',
    [/^ssl_mode disable: nothing is encrypted; anyone in between can read and change what is sent$/],
  ],
  ['mysql://ops:${PASSWORD}@db:${PORT}/x', []],
  ['mariadb://ops:${PASSWORD}@db/x?ssl_mode=required', [/any certificate/]],
  ['mssql://ops:${PASSWORD}@db/x?trust_server_certificate=yes', [/any certificate/]],
  ['oracle://ops:${PASSWORD}@db/sales', [/^protocol tcp: nothing/]],
  ['oracle://ops:${PASSWORD}@db/sales?protocol=tcps', []],
  ['sqlite:///srv/x.db', []],
  ['redis://db/0', [/^ssl is off: nothing/]],
  ['redis://db/0?ssl=true&verify_certs=false', [/^verify_certs is off/]],
  ['postgresql://ops@db/x?ssl_mode=${MODE}', [/^ssl_mode: a variable decides/]],
  ['postgresql://ops@db/x?application=${NAME}', []],
  ['postgresql://ops@db/x?${OPTION}=disable', [/^…: a variable decides/]],
  ['postgresql://ops@db/x?${raw:OPTIONS}', [/^connectionString: a variable decides/]],
  ['${URL}', [/^connectionString: a variable decides/]],
  // Refused when it runs, before anything is sent.
  ['postgresql://ops@db/x?ssl_mode=maybe', []],
])('%s', (text, expected) => {
  expect(connectionWeaknesses(text)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});
