import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRows } from '../../src/db/query.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addJob, addTarget } from './support/definitions.ts';

const NIGHT = { kind: 'blackout', summary: 'Backup', weekly: { days: [1], from: '22:00', to: '06:00' } };
const EVENT = ['BEGIN:VEVENT', 'UID:a@example.org', 'SUMMARY:Move', 'DTSTART:20250301T100000Z', 'DTEND:20250301T113000Z', 'END:VEVENT'];

const ics = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const event = (...lines: string[]): string[] => ['BEGIN:VEVENT', 'UID:e@example.org', ...lines, 'END:VEVENT'];

describe('calendars', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    platform.api(method, `/api/v1/calendars${path}`, body, headers);
  const make = async (name: string, fields: object = {}) => {
    const { status, body } = await call('POST', '', { name, ...fields });
    expect([status, body]).toEqual([201, expect.anything()]);
    return body;
  };
  const fieldsOf = ({ body }: { body: { errors?: { path: string; message: string }[] } }): string[] =>
    (body.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
  const auditOf = (uuid: string) =>
    selectRows<{ action: string; event_type: string; details: Record<string, unknown> }>(
      platform.db,
      'SELECT action, event_type, details FROM audit_events WHERE resource_id = $1 ORDER BY id',
      [uuid],
    );

  test('a calendar is made, read by name or uuid, replaced by who has seen it, and deleted; the audit has each', async () => {
    const made = await make('Nights', { timezone: 'Europe/Berlin', windows: [NIGHT] });
    expect(made).toMatchObject({
      name: 'Nights',
      window_count: 1,
      firing_effect: 'skip',
      holds_runs: false,
      created_by: 'admin',
      used_by: { jobs: [], schedules: [] },
    });
    const read = await call('GET', '/nights');
    expect(read.body).toEqual(made);
    expect((await call('GET', `/${made.calendar_uuid}`)).body).toEqual(made);
    const etag = read.headers.get('etag') ?? '';

    const next = { name: 'nights', timezone: 'Europe/Berlin', windows: [], holds_runs: true };
    const changed = await call('PUT', '/Nights', next, { 'if-match': etag });
    expect(changed).toMatchObject({ status: 200, body: { name: 'nights', windows: [], holds_runs: true } });
    expect(await call('PUT', '/nights', next, { 'if-match': etag })).toMatchObject({ status: 412, body: { code: 'REVISION_MISMATCH' } });
    // Nothing is another: no event.
    expect((await call('PUT', '/nights', next)).status).toBe(200);
    expect((await call('DELETE', '/nights')).status).toBe(204);
    expect(await call('GET', '/nights')).toMatchObject({ status: 404, body: { detail: 'There is no calendar nights.' } });
    expect(await auditOf(made.calendar_uuid)).toMatchObject([
      { action: 'create_calendar', event_type: 'system_config_changed' },
      { action: 'update_calendar', details: { before: { windows: [NIGHT], holds_runs: false }, after: { windows: [], holds_runs: true } } },
      { action: 'delete_calendar' },
    ]);
  });

  test('the list has its state, pages by name, and finds parts of names', async () => {
    await make('list b', {
      windows: [{ kind: 'blackout', summary: 'Always', weekly: { days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' } }],
    });
    await make('list a', { holds_runs: true });
    const first = await call('GET', '?search=list&limit=1');
    expect(first.body.data).toMatchObject([{ name: 'list a', blackout: null }]);
    const second = await call('GET', `?search=list&limit=1&cursor=${first.body.next}`);
    expect(second.body).toMatchObject({ data: [{ name: 'list b', blackout: { summary: 'Always', until: null } }], next: null });
    expect(second.body.data[0]).not.toHaveProperty('windows');
    expect((await call('GET', '?search=list&holds_runs=true')).body.data).toHaveLength(1);
    expect((await call('GET', '?fields=name&search=list%20a')).body.data).toEqual([{ name: 'list a' }]);
  });

  test('when it is blacked out', async () => {
    await make('times', { timezone: 'Europe/Berlin', windows: [NIGHT] });
    const { body } = await call('GET', '/times/windows?from=2025-03-03T00:00:00Z&to=2025-03-10T12:00:00%2B01:00');
    expect(body).toEqual({
      calendar: 'times',
      timezone: 'Europe/Berlin',
      from: '2025-03-03T00:00:00.000Z',
      to: '2025-03-10T11:00:00.000Z',
      blackouts: [{ from: '2025-03-03T21:00:00.000Z', to: '2025-03-04T05:00:00.000Z', summaries: ['Backup'] }],
    });
    const long = await call('GET', '/times/windows?from=2025-01-01T00:00:00Z&to=2027-01-01T00:00:00Z');
    expect(long).toMatchObject({ status: 400, body: { code: 'VALIDATION' } });
    expect((await call('GET', '/times/windows?from=2025-03-03T00:00:00Z&to=2025-03-03T00:00:00Z')).status).toBe(400);
    expect((await call('GET', '/times/windows')).status).toBe(200);
  });

  test.each<[string, object, RegExp]>([
    ['a zone of nowhere', { timezone: 'Mars/Olympus' }, /^timezone: must be a zone/],
    ['a window without a time', { windows: [{ kind: 'blackout' }] }, /^windows\.0: needs one of weekly/],
    ['two times in a window', { windows: [{ ...NIGHT, dates: { from: '2025-01-01', to: '2025-01-02' } }] }, /^windows\.0: needs one of/],
    [
      'no day of the week',
      { windows: [{ kind: 'blackout', weekly: { days: [8], from: '10:00', to: '11:00' } }] },
      /^windows\.0\.weekly\.days\.0/,
    ],
    [
      'no time of the day',
      { windows: [{ kind: 'blackout', weekly: { days: [1], from: '24:00', to: '11:00' } }] },
      /^windows\.0\.weekly\.from/,
    ],
    [
      'a day that there is not',
      { windows: [{ kind: 'blackout', dates: { from: '2025-02-29', to: '2025-03-01' } }] },
      /is a day that there is not/,
    ],
    [
      'a rule of every second',
      { windows: [{ kind: 'blackout', ical: { dtstart: '20250101T000000', duration: 'PT1S', rrule: 'FREQ=SECONDLY;COUNT=1000000000' } }] },
      /^windows\.0\.ical\.rrule: must have a FREQ of/,
    ],
    [
      'too many exceptions',
      {
        windows: [
          {
            kind: 'blackout',
            ical: { dtstart: '20250101', duration: 'P1D', rrule: 'FREQ=DAILY', exdates: Array.from({ length: 10_000 }, () => '20250102') },
          },
        ],
      },
      /^windows\.0\.ical\.exdates/,
    ],
    ['too many windows', { windows: Array.from({ length: 501 }, () => NIGHT) }, /^windows/],
    ['a selector that cannot be read', { target_selector: 'env=' }, /^target_selector/],
    ['a name with a slash', { name: 'a/b' }, /^name: must be letters/],
    ['a name like a uuid', { name: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }, /^name: must neither/],
    ['a field that there is not', { blackouts: [] }, /^blackouts/],
  ])('%s is refused, and nothing is written', async (_, fields, expected) => {
    const refused = await call('POST', '', { name: 'wrong', ...fields });
    expect(refused).toMatchObject({ status: 400, body: { code: 'VALIDATION' } });
    expect(fieldsOf(refused)[0]).toMatch(expected);
    expect((await call('GET', '/wrong')).status).toBe(404);
  });

  test('a name is taken without regard to case; what is named is neither deleted nor renamed, and who names it is told', async () => {
    await make('Release freeze');
    expect(await call('POST', '', { name: 'release FREEZE' })).toMatchObject({ status: 409, body: { errors: [{ path: 'name' }] } });
    const target = await addTarget(platform, 'calendars.example.org');
    const job = await addJob(platform, 'deploy', { targets: [target], settings: { calendars: ['release freeze'] } });
    expect((await call('GET', '/release freeze')).body.used_by.jobs).toEqual([{ job_serial: job, name: 'deploy' }]);
    const refused = await call('DELETE', '/release freeze');
    expect(refused).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(refused.body.detail).toContain(`cannot be deleted while it is named by job ${job} (deploy)`);
    expect((await call('PUT', '/release freeze', { name: 'other' })).status).toBe(409);
    // A schedule names it, too.
    await platform.db.query(
      `INSERT INTO job_schedules (job_id, name, schedule_type, execute_at, schedule_config, definition_hash, temporal_schedule_id, created_by)
       SELECT j.id, 'nightly', 'once', now(), '{"calendars": ["RELEASE freeze"]}', repeat('0', 64), 'job-schedule/test', j.created_by FROM jobs j WHERE j.job_serial = $1`,
      { bind: [job] },
    );
    expect((await call('DELETE', '/release freeze')).body.detail).toMatch(/schedule \S+ \(nightly\)/);
    // Its schedules go with it.
    expect((await platform.api('DELETE', `/api/v1/jobs/${job}`)).status).toBe(204);
    expect((await call('DELETE', '/release freeze')).status).toBe(204);
  });

  test('a job names calendars that there are', async () => {
    const job = {
      name: 'named',
      actions: [{ action_type: 'command', action_name: 'x', action_parameters: { command: 'true' } }],
      settings: { calendars: ['nowhere'] },
    };
    const refused = await platform.api('POST', '/api/v1/jobs', job);
    expect(refused).toMatchObject({ status: 400, body: { code: 'VALIDATION' } });
    expect(fieldsOf(refused)).toEqual(['settings.calendars.0: there is no calendar "nowhere"']);
    const { body: check } = await platform.api('POST', '/api/v1/jobs/validate', job);
    expect(check.problems).toMatchObject([{ path: 'settings.calendars.0', code: 'VALIDATION' }]);
  });

  describe('import of iCalendar files', () => {
    const importOf = (name: string, text: string, fields: object = {}) => call('POST', '/import', { name, text, ...fields });

    test('events in UTC, all day, with a zone, with a rule and with exceptions', async () => {
      const text = ics(
        'X-WR-TIMEZONE:Europe/Berlin',
        ...EVENT,
        ...event('SUMMARY:Christmas', 'DTSTART;VALUE=DATE:20251224', 'DTEND;VALUE=DATE:20251227'),
        ...event('SUMMARY:One day', 'DTSTART;VALUE=DATE:20251231'),
        ...event(
          'SUMMARY:Shift\\, early',
          'DTSTART;TZID=Europe/Berlin:20250303T060000',
          'DURATION:PT2H',
          'RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20251231T230000Z',
          'EXDATE;TZID=Europe/Berlin:20250305T060000,20250310T060000',
        ),
        ...event('DTSTART;TZID=America/New_York:20250401T090000', 'DTEND;TZID=America/New_York:20250401T100000'),
        ...event('STATUS:CANCELLED', 'DTSTART:20250401T090000', 'DURATION:PT1H'),
      );
      const { status, body } = await importOf('file', text, { firing_effect: 'postpone' });
      expect([status, body.refused, body.imported]).toEqual([200, [], 5]);
      expect(body.calendar).toMatchObject({ name: 'file', timezone: 'Europe/Berlin', firing_effect: 'postpone' });
      expect(body.calendar.windows).toEqual([
        { kind: 'blackout', summary: 'Move', ical: { dtstart: '20250301T100000Z', duration: 'PT5400S' } },
        { kind: 'blackout', summary: 'Christmas', ical: { dtstart: '20251224', duration: 'P3D' } },
        { kind: 'blackout', summary: 'One day', ical: { dtstart: '20251231', duration: 'P1D' } },
        {
          kind: 'blackout',
          summary: 'Shift, early',
          ical: {
            dtstart: '20250303T060000',
            duration: 'PT2H',
            rrule: 'FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20251231T230000Z',
            exdates: ['20250305T060000', '20250310T060000'],
          },
        },
        { kind: 'blackout', ical: { dtstart: '20250401T130000Z', duration: 'PT3600S' } },
      ]);
      const { body: times } = await call('GET', '/file/windows?from=2025-03-03T00:00:00Z&to=2025-03-13T00:00:00Z');
      expect(times.blackouts.map(({ from }: { from: string }) => from)).toEqual(['2025-03-03T05:00:00.000Z', '2025-03-12T05:00:00.000Z']);
    });

    test('an occurrence that was moved leaves its place', async () => {
      const weekly = event('DTSTART;TZID=Europe/Berlin:20250303T060000', 'DURATION:PT2H', 'RRULE:FREQ=WEEKLY;COUNT=3');
      const moved = event(
        'RECURRENCE-ID;TZID=Europe/Berlin:20250310T060000',
        'DTSTART;TZID=Europe/Berlin:20250311T060000',
        'DURATION:PT2H',
      );
      await importOf('moved', ics(...weekly, ...moved), { timezone: 'Europe/Berlin' });
      const { body } = await call('GET', '/moved/windows?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z');
      expect(body.blackouts.map(({ from }: { from: string }) => from.slice(0, 10))).toEqual(['2025-03-03', '2025-03-11', '2025-03-17']);
    });

    test('one event that cannot be taken refuses the file, or is left out and told', async () => {
      const bad = event('SUMMARY:Ticks', 'DTSTART:20250301T100000Z', 'DURATION:PT1S', 'RRULE:FREQ=SECONDLY');
      const text = ics(...EVENT, ...bad, ...event('SUMMARY:Nothing', 'DTSTART:20250301T100000Z'));
      const refused = await importOf('partly', text);
      expect(refused).toMatchObject({ status: 400, body: { code: 'VALIDATION' } });
      expect(refused.body.detail).toContain('2 of 3 events cannot be taken; the first is number 2 (Ticks): RRULE must have a FREQ of');
      expect((await call('GET', '/partly')).status).toBe(404);
      const { body } = await importOf('partly', text, { skip_refused: true });
      expect(body).toMatchObject({
        imported: 1,
        refused: [
          { event: 2, summary: 'Ticks' },
          { event: 3, reason: expect.stringContaining('no length') },
        ],
      });
    });

    test('a zone of another system is named by who imports', async () => {
      const text = ics(...event('DTSTART;TZID=W. Europe Standard Time:20250303T060000', 'DURATION:PT2H', 'RRULE:FREQ=WEEKLY'));
      expect((await importOf('outlook', text)).body.detail).toContain('Its zone "W. Europe Standard Time" is no IANA zone; say in `zones`');
      const { body } = await importOf('outlook', text, { zones: { 'W. Europe Standard Time': 'Europe/Berlin' } });
      expect(body.calendar).toMatchObject({ timezone: 'Europe/Berlin', windows: [{ ical: { dtstart: '20250303T060000' } }] });
      const other = await importOf('outlook2', text, { timezone: 'UTC', zones: { 'W. Europe Standard Time': 'Europe/Berlin' } });
      expect(other.body.detail).toContain('It recurs in the zone Europe/Berlin, the calendar is of UTC');
      expect((await importOf('outlook3', text, { zones: { 'W. Europe Standard Time': 'Nowhere' } })).body.errors[0].path).toBe(
        'zones.W. Europe Standard Time',
      );
    });

    test('a calendar that there is gets the events when that is asked for, and keeps the rest', async () => {
      await make('kept', { holds_runs: true, description: 'mine', timezone: 'Asia/Tokyo', windows: [NIGHT] });
      expect((await importOf('KEPT', ics(...EVENT))).status).toBe(409);
      const { body } = await importOf('KEPT', ics(...EVENT), { replace: true, kind: 'allowed' });
      expect(body.calendar).toMatchObject({
        name: 'kept',
        holds_runs: true,
        description: 'mine',
        timezone: 'Asia/Tokyo',
        window_count: 1,
        windows: [{ kind: 'allowed' }],
      });
    });

    test.each([
      ['no iCalendar', 'hello', /no iCalendar file/],
      ['half a file', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY', /no iCalendar file/],
      ['a contact', 'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nEND:VCARD\r\n', /no iCalendar file/],
      ['no event', ics(), /no event/],
      ['too many events', ics(...Array.from({ length: 600 }, () => EVENT).flat()), /windows/],
    ])('%s is refused', async (_, text, expected) => {
      const refused = await importOf('nothing', text);
      expect(refused).toMatchObject({ status: 400, body: { code: 'VALIDATION' } });
      expect(refused.body.detail).toMatch(expected);
    });
  });
});
