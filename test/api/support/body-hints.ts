import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { createCertificate } from '../../support/tls-certificate.ts';
import type { Hints } from './places.ts';

let made = 0;
/** Another one in each body. */
const fresh = (text: (number: number) => string) => () => {
  made += 1;
  return text(made);
};

const certified = () => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-hints-'));
  const { pem, keyFile } = createCertificate(folder, 'DNS:localhost');
  const key = readFileSync(keyFile, 'utf8');
  rmSync(folder, { recursive: true });
  return { pem, key };
};
const { pem, key: privateKey } = certified();

const ICAL = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:test',
  'BEGIN:VEVENT',
  'UID:1',
  'DTSTAMP:20260101T000000Z',
  'DTSTART:20260101T000000Z',
  'DTEND:20260101T010000Z',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

const host = fresh((number) => `h${number}.example.org`);
const email = fresh((number) => `u${number}@example.org`);
const sshKey = ssh2.utils.generateKeyPairSync('ed25519').private;
const TEXT = 'a plain text';

const COMMAND = { action_type: 'command', action_name: 'plain', action_parameters: { command: 'true' } };
const UUID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

/** What the schemas of request bodies do not say of one that is right. */
export const BODY_HINTS: Hints = {
  values: [
    [/\.host$/, host],
    [/oneOf4\.name$/, () => 'timezone'],
    [/\.name$/, fresh((number) => `n${number}`)],
    [/\.username$/, fresh((number) => `u${number}`)],
    [/\.email$/, email],
    [/\.when(\.anyOf1)?$/, () => ({ every: '15m' })],
    [/\.windows\[\]$/, () => ({ kind: 'blackout', dates: { from: '2026-01-01', to: '2026-01-02' } })],
    [/\.(actions|then|else|loop|rollback)\[\]$/, () => COMMAND],
    [/oneOf6\.private_key$/, () => privateKey],
    [/\.private_key$/, () => sshKey],
    [/certificate$/, () => pem],
    [/\.artifact$/, () => UUID],
    [/\.content_base64$/, () => 'eA=='],
    [/\.connectionString$/, () => 'postgresql://h.example.org/plain'],
    [/action_parameters\.parameters\.\{key\}$/, () => 'word'],
    [/labels\.\{key\}$/, () => 'team'],
    [/^ChangeSettings\.values$/, () => ({ timezone: 'UTC' })],
    [/^ChangeSettings\.values\.\{key\}$/, () => 'timezone'],
    [/^ChangeSettings?\.value(s\.\{\})?\.anyOf0$/, () => 'UTC'],
    [/\.headers\.\{key\}$/, () => 'X-Word'],
    [/\.(os_type|target_compatibility\[\])$/, () => 'linux'],
    [/\.calendars\[\]$/, () => 'holidays'],
    [/\.scopes\[\]$/, () => 'jobs.read'],
    [/\.expires_at$/, () => '2030-01-01T00:00:00Z'],
    [/\.approvers\[\]\.oneOf0\.value$/, () => 'admin'],
    [/oneOf2\.expression$/, () => 'iteration < 2'],
    [/oneOf3\.expression$/, () => '3'],
    [/\.expression$/, () => 'true'],
    [/^ActionInput\.oneOf2\.action_parameters\.oneOf0\.destination$/, () => '/other'],
    [/^ActionInput\.oneOf3\.action_parameters$/, () => ({ operation: 'download', source_path: '/plain' })],
    [/oneOf4\.value/, () => 'UTC'],
    [/action_parameters\.(to|cc|bcc)\[\]$|action_parameters\.from$/, () => 'plain@example.org'],
    [/ical\.duration$/, () => 'PT1H'],
    [/^ImportCalendar\.text$/, () => ICAL],
    [/^ExportData\.types$/, () => ['targets']],
    [/^BackfillSchedule\.from$/, () => '2025-12-31T00:00:00Z'],
    [/^MethodInput\.oneOf9\.config$/, () => ({ service_name: 'plain' })],
    [/^UpdateMethod\.config\.\{key\}$/, () => 'shell'],
    [/^UpdateMethod\.config\.\{\}$/, () => 'posix'],
    [
      /^TestMethodConfig\.method$/,
      () => ({ method_type: 'ssh', host: host(), credential: { credential_type: 'password', username: 'plain', password: TEXT } }),
    ],
    [/\.ct$/, () => 'A'.repeat(24)],
    [/oneOf1\.targets\[\]$|oneOf0\.serial$/, () => 'T20250001'],
    [/oneOf1\.serial$/, () => 'J20250003'],
    [/oneOf2\.serial$/, () => 'J20250004'],
  ],
  beside: [
    [/^UpdateTargets\.(targets|selector)$/, () => ({ set: { location: 'plain' } })],
    [/^UpdateTargets\./, () => ({ targets: ['T20250001'] })],
    [/^CalendarWindow\.(kind|summary)$/, () => ({ dates: { from: '2026-01-01', to: '2026-01-02' } })],
    [/attachments\[\]\.(filename|content_type)$/, () => ({ content: 'plain' })],
    [/^ActionInput\.oneOf3\.action_parameters\.oneOf0\.(destination_path|mode|sha256)$/, () => ({ content: 'plain' })],
    [/oneOf1\.expression$/, () => ({ cases: { plain: [COMMAND] } })],
    [/\.actions$/, () => ({ variables: [{ key: 'PLAIN', value: 'plain' }] })],
    [/^(VariableInput|.*variables\[\])\.(value|choices)$/, () => ({}), () => ({ type: 'json' })],
    [
      /^MethodInput\.oneOf3\.credential$/,
      () => ({}),
      () => ({ config: { version: '3', security_level: 'authPriv', auth_protocol: 'SHA', privacy_protocol: 'AES' } }),
    ],
    [/^CredentialInput\.oneOf3\./, () => ({ auth_key: TEXT, privacy_key: TEXT })],
    [/^MethodInput\.oneOf4\.credential$/, () => ({}), () => ({ config: { protocol: 'https' } })],
    [/^ChangeExecution\.note$/, () => ({ max_concurrent_targets: 5 })],
    [/^ScheduleCode\.definitions\[\]\.source$/, () => ({ definition: {} })],
    [/^ScheduleRule\.monthly\.at$/, () => ({ day: 1 })],
    [/items\[\]\.oneOf0\./, () => ({ methods: [{ method_type: 'ssh', host: host() }] })],
    [/items\[\]\.oneOf4\.name$/, () => ({ value: 'UTC' })],
    [/items\[\]\.oneOf5\./, () => ({ email: email() })],
  ],
};
