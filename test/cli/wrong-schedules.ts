/** A file of definitions that is refused, and what is said of it: line and sentence. FILE is its path, FOLDER that of its folder, JOB a serial. */
export interface WrongFile {
  file: string;
  text: string;
  said: readonly string[];
}

/** Each with a schedule of another name, so that all can be one set. */
const named = (name: string, text: string): string => text.replaceAll('wrong', `wrong ${name}`);
const yaml = (name: string, text: string, ...said: string[]): WrongFile => ({ file: `${name}.yaml`, text: named(name, text), said });
const ts = (name: string, text: string, ...said: string[]): WrongFile => ({ file: `${name}.ts`, text: named(name, text), said });

/** A definition whose fields after the second line are these. */
const fields = (text: string): string => `name: wrong\njob: Disk space\n${text}\n`;
const when = (text: string): string => fields(`when: ${text}`);
const daily = (text: string): string => fields(`when: {daily: {at: "03:00"}}\n${text}`);
const IMPORT = "import { defineSchedule } from 'opsconductor/schedules';\n";
const PLAIN = "name: 'wrong', job: 'Disk space', when: { daily: { at: '03:00' } }";

export const WRONG_YAML: readonly WrongFile[] = [
  yaml('cron-minute', when('{cron: "61 * * * *"}'), '3: when.cron: its minute 61 must be from 0 to 59'),
  yaml(
    'cron-four-fields',
    when('{cron: "0 3 * *"}'),
    '3: when.cron: has 4 fields; it must have five fields: minute, hour, day of month, month, day of week, as in 30 2 * * 1-5',
  ),
  yaml(
    'cron-six-fields',
    when('{cron: "0 0 3 * * *"}'),
    '3: when.cron: has 6 fields; it must have five fields: minute, hour, day of month, month, day of week, as in 30 2 * * 1-5',
  ),
  yaml('cron-nth', when('{cron: "0 3 * * 2#2"}'), '3: when.cron: knows no #; the second Tuesday is monthly with week: 2 and on: [tuesday]'),
  yaml(
    'cron-last',
    when('{cron: "0 3 L * *"}'),
    '3: when.cron: knows no L; the last day is monthly with day: last, the last Friday monthly with week: last and on: [friday]',
  ),
  yaml(
    'cron-backwards',
    when('{cron: "0 5-3 * * *"}'),
    '3: when.cron: its hour 5-3 runs backwards; write it as two ranges with a comma between',
  ),
  yaml('cron-step', when('{cron: "*/90 * * * *"}'), '3: when.cron: its minute */90: a step must be from 1 to 59'),
  yaml(
    'cron-in-a-list',
    fields('when:\n  - daily: {at: "03:00"}\n  - cron: "0 3 32 * *"'),
    '5: when.1.cron: its day of month 32 must be from 1 to 31',
  ),
  yaml(
    'zone-unknown',
    daily('timezone: Europe/Atlantis'),
    '4: timezone: is not in the IANA database of this program; zones are written as Europe/Berlin',
  ),
  yaml(
    'zone-offset',
    daily('timezone: "+01:00"'),
    '4: timezone: must be a zone of the IANA database such as Europe/Berlin, or UTC; offsets and abbreviations (+02:00, CET) know no change of clocks',
  ),
  yaml(
    'zone-abbreviation',
    daily('timezone: CEST'),
    '4: timezone: must be a zone of the IANA database such as Europe/Berlin, or UTC; offsets and abbreviations (+02:00, CET) know no change of clocks',
  ),
  yaml(
    'end-before-start',
    daily('start_date: 2026-02-01T00:00:00Z\nend_date: 2026-01-01T00:00:00Z'),
    '5: end_date: must be after start_date',
  ),
  yaml(
    'start-without-offset',
    daily('start_date: 2026-02-01T00:00:00'),
    '4: start_date: must be a time with its offset such as 2026-12-24T18:00:00+01:00',
  ),
  yaml('start-no-time', daily('start_date: tomorrow'), '4: start_date: must be a time with its offset such as 2026-12-24T18:00:00+01:00'),
  yaml(
    'once-without-offset',
    when('{once: 2026-12-24T18:00:00}'),
    '3: when.once: must be a time with its offset such as 2026-12-24T18:00:00+01:00',
  ),
  yaml(
    'once-outside',
    when('{once: 2030-01-01T00:00:00Z}') + 'end_date: 2029-01-01T00:00:00Z\n',
    '3: when.once: is after end_date, so it would never fire',
  ),
  yaml(
    'once-outside-in-a-list',
    fields('when:\n  - daily: {at: "03:00"}\n  - once: 2020-01-01T00:00:00Z\nstart_date: 2029-01-01T00:00:00Z'),
    '5: when.1.once: is before start_date, so it would never fire',
  ),
  yaml('job-unknown', 'name: wrong\njob: No such job\nwhen: {daily: {at: "03:00"}}\n', '2: job: there is no job "No such job"'),
  yaml('job-unknown-serial', 'name: wrong\njob: J20000001\nwhen: {daily: {at: "03:00"}}\n', '2: job: there is no job "J20000001"'),
  yaml(
    'job-ambiguous',
    'name: wrong\njob: Two of a name\nwhen: {daily: {at: "03:00"}}\n',
    '2: job: 2 jobs have this name (JOB, JOB): say the serial of the one that is meant',
  ),
  yaml('job-missing', 'name: wrong\nwhen: {daily: {at: "03:00"}}\n', '1: job: is missing'),
  yaml('job-number', 'name: wrong\njob: 5\nwhen: {daily: {at: "03:00"}}\n', '2: job: must be a string'),
  yaml('name-missing', 'job: Disk space\nwhen: {daily: {at: "03:00"}}\n', '1: name: is missing'),
  yaml('name-empty', 'name: ""\njob: Disk space\nwhen: {daily: {at: "03:00"}}\n', '1: name: must not be empty'),
  yaml('name-blank', 'name: "  "\njob: Disk space\nwhen: {daily: {at: "03:00"}}\n', '1: name: must not be empty'),
  yaml(
    'name-long',
    `name: ${'n'.repeat(256)}\njob: Disk space\nwhen: {daily: {at: "03:00"}}\n`,
    '1: name: must have at most 255 characters',
  ),
  yaml(
    'name-twice',
    `- ${daily('').trim().replaceAll('\n', '\n  ')}\n- ${daily('').trim().replaceAll('\n', '\n  ')}\n`,
    '4: name: is the name of another schedule of JOB, in FILE:1',
  ),
  yaml(
    'when-missing',
    'name: wrong\njob: Disk space\n',
    '1: when: is missing: it must be a rule such as {daily: {at: "03:00"}}, or a list of rules',
  ),
  yaml('when-empty-list', when('[]'), '3: when: needs at least one rule'),
  yaml('when-no-rule', when('{}'), '3: when: needs exactly one of once, every, daily, weekly, monthly and cron; several rules are a list'),
  yaml(
    'when-two-rules-in-one',
    when('{daily: {at: "03:00"}, every: 15m}'),
    '3: when: needs exactly one of once, every, daily, weekly, monthly and cron; several rules are a list',
  ),
  yaml('when-number', when('5'), '3: when: must be a rule such as {daily: {at: 03:30}}, or a list of them'),
  yaml('when-text', when('daily'), '3: when: must be a rule such as {daily: {at: 03:30}}, or a list of them'),
  yaml(
    'when-ranges',
    when('{minute: {start: 0}}'),
    '3: when.minute: is not a field here',
    '3: when: needs exactly one of once, every, daily, weekly, monthly and cron; several rules are a list',
  ),
  yaml('every-seconds', when('{every: 30s}'), '3: when.every: must be whole minutes or hours such as 15m or 6h; a minute is the least'),
  yaml('every-zero', when('{every: 0m}'), '3: when.every: must be whole minutes or hours such as 15m or 6h; a minute is the least'),
  yaml('every-number', when('{every: 15}'), '3: when.every: must be whole minutes or hours such as 15m or 6h; a minute is the least'),
  yaml(
    'every-too-long',
    when('{every: 200h}'),
    '3: when.every: must be at most 1440m (a day) or 168h (a week); a daily or weekly rule is longer, at a time of day',
  ),
  yaml(
    'daily-hour',
    when('{daily: {at: "25:00"}}'),
    '3: when.daily.at: must be a time of day from 00:00 to 23:59, in two digits each such as 03:30',
  ),
  yaml(
    'daily-without-at',
    when('{daily: {}}'),
    '3: when.daily.at: must be a time of day from 00:00 to 23:59, in two digits each such as 03:30',
  ),
  yaml(
    'daily-number',
    when('{daily: {at: 3}}'),
    '3: when.daily.at: must be a time of day from 00:00 to 23:59, in two digits each such as 03:30',
  ),
  yaml(
    'weekly-day',
    when('{weekly: {on: [funday], at: "03:00"}}'),
    '3: when.weekly.on.0: must be one of monday, tuesday, wednesday, thursday, friday, saturday, sunday',
  ),
  yaml('weekly-no-day', when('{weekly: {on: [], at: "03:00"}}'), '3: when.weekly.on: needs at least one day, from monday to sunday'),
  yaml('monthly-day', when('{monthly: {day: 32, at: "03:00"}}'), '3: when.monthly.day: must be a day of the month from 1 to 31, or last'),
  yaml(
    'monthly-day-and-week',
    when('{monthly: {day: 1, week: 2, on: [tuesday], at: "03:00"}}'),
    '3: when.monthly: needs either day (1 to 31, or last), or week (1 to 5, or last) and on',
  ),
  yaml(
    'monthly-week-without-day',
    when('{monthly: {week: 2, at: "03:00"}}'),
    '3: when.monthly.on: goes together with week, as in week: 2 and on: [tuesday]',
  ),
  yaml('field-unknown', daily('wen: now'), '4: wen: is not a field here'),
  yaml('field-unknown-deep', when('{daily: {at: "03:00", zone: UTC}}'), '3: when.daily.zone: is not a field here'),
  yaml('jitter-text', daily('jitter_seconds: a lot'), '4: jitter_seconds: must be a number'),
  yaml('jitter-too-much', daily('jitter_seconds: 4000'), '4: jitter_seconds: must be at most 3600'),
  yaml('jitter-fraction', daily('jitter_seconds: 1.5'), '4: jitter_seconds: must be a whole number'),
  yaml(
    'overlap-unknown',
    daily('overlap_policy: maybe'),
    '4: overlap_policy: must be one of skip, buffer_one, buffer_all, cancel_other, terminate_other, allow_all',
  ),
  yaml('catchup-too-short', daily('catchup_window_seconds: 5'), '4: catchup_window_seconds: must be at least 10'),
  yaml('most-zero', daily('max_executions: 0'), '4: max_executions: must be at least 1'),
  yaml('pause-text', daily('paused: "yes"'), '4: paused: must be a boolean'),
  yaml(
    'targets-and-selector',
    daily('targets: [T20250001]\ntarget_selector: env=production'),
    '5: target_selector: does not go together with targets',
  ),
  yaml('targets-none', daily('targets: []'), '4: targets: must not be empty'),
  yaml('target-no-serial', daily('targets: [web1]'), '4: targets.0: must be a target serial such as T20250001'),
  yaml('target-unknown', daily('targets:\n  - T99999999'), '5: targets.0: there is no target T99999999'),
  yaml(
    'selector-unreadable',
    daily('target_selector: env=(production'),
    '4: target_selector: The selector cannot be read: at character 5, before "(production" there must be a value; one with spaces or any of , ( ) = ! stands in "double quotes". Write it like env=production,os in (linux,macos),team!=web.',
  ),
  yaml('calendar-unknown', daily('calendars:\n  - Christmas'), '5: calendars.0: there is no calendar Christmas'),
  yaml('variable-unknown', daily('variables:\n  NOBODY: 1'), '5: variables.NOBODY: the job declares no such variable'),
  yaml('variable-type', daily('variables:\n  LIMIT: many'), '5: variables.LIMIT: must be a number, as the variable is declared'),
  yaml('variable-range', daily('variables:\n  LIMIT: 500'), '5: variables.LIMIT: must be at most 100'),
  yaml('secret-type', daily('variables:\n  TOKEN: 5150515051'), '5: variables.TOKEN: must be a string, as the variable is declared'),
  yaml(
    'secret-not-stored',
    daily('variables:\n  TOKEN: "********"'),
    '5: variables.TOKEN: is a secret that is not stored yet: give it once in the place of ********',
  ),
  yaml('label-object', daily('labels:\n  team: {name: web}'), '5: labels.team: must be a string'),
  yaml('definition-text', 'just a sentence\n', '1: must be an object'),
  yaml('definition-number-in-a-list', '- 5\n', '1: must be an object'),
  yaml(
    'schedules-and-more',
    'schedules: []\nversion: 2\n',
    '1: name: is missing',
    '1: job: is missing',
    '1: when: is missing: it must be a rule such as {daily: {at: "03:00"}}, or a list of rules',
    '1: schedules: is not a field here',
    '2: version: is not a field here',
  ),
  yaml(
    'several-wrong-fields',
    daily('timezone: Nowhere\njitter_seconds: -1\nwen: 1'),
    '4: timezone: must be a zone of the IANA database such as Europe/Berlin, or UTC; offsets and abbreviations (+02:00, CET) know no change of clocks',
    '5: jitter_seconds: must be at least 0',
    '6: wen: is not a field here',
  ),
  yaml(
    'second-document',
    `${daily('').replace('wrong', 'first')}---\n${daily('timezone: Nowhere')}`,
    '9: timezone: must be a zone of the IANA database such as Europe/Berlin, or UTC; offsets and abbreviations (+02:00, CET) know no change of clocks',
  ),
  yaml('empty', '', '1: defines nothing; a file that is to have no schedules says schedules: []'),
  yaml('only-comments', '# later\n', '1: defines nothing; a file that is to have no schedules says schedules: []'),
  yaml('tabs', 'name: wrong\njob: Disk space\nwhen:\n\tdaily: {at: "03:00"}\n', '4: is not YAML: Tabs are not allowed as indentation'),
  yaml('keys-twice', daily('name: again'), '4: is not YAML: Map keys must be unique'),
  yaml(
    'not-yaml',
    'name: [wrong\njob: }\n',
    '2: is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    '2: is not YAML: Unexpected flow-map-end token in YAML stream: "}"',
  ),
  yaml('tag', daily('description: !run rm'), '4: is not YAML: Unresolved tag: !run'),
  yaml('alias-missing', daily('description: *nowhere'), '4: is not YAML: there is no anchor &nowhere before *nowhere'),
  yaml('huge', `# ${'x'.repeat(4 * 1_048_576)}\n`, '1: has 5 MiB; a file of definitions may have at most 4'),
];

export const WRONG_TS: readonly WrongFile[] = [
  ts(
    'throws',
    `${IMPORT}\nconst zone = (): string => {\n  throw new Error('no zone today');\n};\nexport const one = defineSchedule({ ${PLAIN}, timezone: zone() });\n`,
    '4: cannot be loaded: Error: no zone today',
  ),
  ts('no-definitions', 'export const HOURS = 5;\n', '1: defines nothing: export what defineSchedule returns'),
  ts('empty-module', '', '1: defines nothing: export what defineSchedule returns'),
  ts(
    'not-typescript',
    'export const a = 4;\n\nexport const = 5;\n',
    '3: cannot be loaded: SyntaxError: Unexpected token `=`. Expected yield, an identifier, [ or {',
  ),
  ts(
    'enum',
    `${IMPORT}\nenum Zone {\n  Here,\n}\nexport const one = defineSchedule({ ${PLAIN}, description: String(Zone.Here) });\n`,
    '3: cannot be loaded: SyntaxError: TypeScript enum is not supported in strip-only mode',
  ),
  ts(
    'import-missing',
    "import { zone } from './_nowhere.ts';\nexport const one = zone;\n",
    "1: cannot be loaded: Error: Cannot find module 'FOLDER/_nowhere.ts' imported from FILE",
  ),
  ts('default-plain', `export default { ${PLAIN} };\n`, '1: its default export is not made by defineSchedule'),
  ts(
    'list-with-plain',
    `${IMPORT}export const all = [\n  defineSchedule({ ${PLAIN} }),\n  { ${PLAIN} },\n];\n`,
    '1: all[1] is not made by defineSchedule',
  ),
  ts('not-exported', `${IMPORT}\n\ndefineSchedule({ ${PLAIN} });\n`, '4: is not exported: it would be left out'),
  ts(
    'wrong-zone',
    `${IMPORT}\nexport const one = defineSchedule({\n  ${PLAIN},\n  timezone: 'Nowhere',\n});\n`,
    '3: timezone: must be a zone of the IANA database such as Europe/Berlin, or UTC; offsets and abbreviations (+02:00, CET) know no change of clocks',
  ),
  ts(
    'wrong-second',
    `${IMPORT}export default [\n  defineSchedule({ ${PLAIN} }),\n  defineSchedule({ ${PLAIN.replace("'wrong'", "'second'")}, jitter_seconds: -1 }),\n];\n`,
    '4: jitter_seconds: must be at least 0',
  ),
  ts(
    'function',
    `${IMPORT}export default defineSchedule({\n  ${PLAIN},\n  description: (() => 'later') as never,\n});\n`,
    '2: description is a function: a definition is plain data',
  ),
  ts(
    'circle',
    `${IMPORT}const labels: Record<string, never> = {};\nlabels['a'] = labels as never;\nexport default defineSchedule({ ${PLAIN}, labels });\n`,
    '4: is no plain data (TypeError: Converting circular structure to JSON)',
  ),
  ts('exits', 'process.exit(0);\n', '1: ended before its definitions were there: it waits for what never comes, or ends the program'),
  ts(
    'waits',
    'await new Promise(() => undefined);\nexport default 5;\n',
    '1: ended before its definitions were there: it waits for what never comes, or ends the program',
  ),
];
