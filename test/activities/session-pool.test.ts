import { describe, expect, test } from 'vitest';
import { createSessionPool } from '../../src/activities/run-action/session-pool.ts';
import type { Endpoint } from '../../src/contracts/transport.ts';
import type { OpenSession, Session } from '../../src/transports/transport.ts';

const endpoint: Endpoint = {
  methodType: 'ssh',
  host: '127.0.0.1',
  port: 22,
  config: {},
  hostKeyFingerprint: undefined,
  platform: 'posix',
  connectTimeoutMs: 1_000,
  keepAliveMs: 0,
  secret: { type: 'password', username: 'u', password: 'p' },
};
const { signal } = new AbortController();

interface FakeSession extends Session {
  isOpen: boolean;
}

/** A host that says how often somebody connected, and may refuse. */
const fakeHost = () => {
  const sessions: FakeSession[] = [];
  const refusals: Error[] = [];
  const openSession: OpenSession = async () => {
    const refusal = refusals.shift();
    if (refusal !== undefined) throw refusal;
    const session: FakeSession = {
      hostKeyFingerprint: 'SHA256:x',
      login: 'u',
      probe: async () => '',
      isOpen: true,
      run: async () => ({ exitCode: 0, signal: null }),
      [Symbol.asyncDispose]: async () => {
        session.isOpen = false;
      },
    };
    sessions.push(session);
    return session;
  };
  const pool = createSessionPool(openSession);
  return {
    sessions,
    refusals,
    pool,
    acquire: (branch: string, beforeOpening?: () => Promise<void>, until = signal) => pool.acquire(branch, endpoint, until, beforeOpening),
  };
};

describe('sessions of a branch', () => {
  test('two actions at once share one connection', async () => {
    const { sessions, acquire } = fakeHost();
    const leases = await Promise.all([acquire('a'), acquire('a'), acquire('a')]);
    expect(sessions).toHaveLength(1);
    expect(leases.map((lease) => lease.isNew)).toEqual([true, false, false]);
    await leases[0]?.release(true);
    await leases[1]?.release(true);
    expect(sessions[0]?.isOpen).toBe(true);
    await leases[2]?.release(false);
    expect(sessions[0]?.isOpen).toBe(false);
  });

  test('the next action takes the connection of the last', async () => {
    const { sessions, acquire } = fakeHost();
    await (await acquire('a')).release(true);
    const next = await acquire('a');
    expect([next.isNew, sessions.length]).toEqual([false, 1]);
    await next.release(false);
    expect(sessions[0]?.isOpen).toBe(false);
    expect((await acquire('a')).isNew).toBe(true);
  });

  test('each branch has a connection of its own', async () => {
    const { sessions, acquire } = fakeHost();
    await Promise.all([acquire('a'), acquire('b')]);
    expect(sessions).toHaveLength(2);
  });

  test('a connection that broke meanwhile is replaced', async () => {
    const { sessions, acquire } = fakeHost();
    await (await acquire('a')).release(true);
    if (sessions[0] !== undefined) sessions[0].isOpen = false;
    const [next, other] = await Promise.all([acquire('a'), acquire('a')]);
    expect([next.isNew || other.isNew, sessions.length]).toEqual([true, 2]);
    expect(next.session).toBe(other.session);
    expect(next.session.isOpen).toBe(true);
  });

  test('a connection that broke in use is closed when it is given back, though it was to be kept', async () => {
    const { sessions, acquire } = fakeHost();
    const lease = await acquire('a');
    if (sessions[0] !== undefined) sessions[0].isOpen = false;
    await lease.release(true);
    expect((await acquire('a')).isNew).toBe(true);
  });

  test('a host that refuses is asked again by the next', async () => {
    const { refusals, acquire } = fakeHost();
    refusals.push(new Error('refused'));
    await expect(acquire('a')).rejects.toThrow('refused');
    expect((await acquire('a')).isNew).toBe(true);
  });

  test('who waited for the connection of another that failed makes an own try', async () => {
    const { sessions, refusals, acquire } = fakeHost();
    refusals.push(new Error('refused'));
    const [first, second] = await Promise.allSettled([acquire('a'), acquire('a')]);
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'refused' } });
    expect(second).toMatchObject({ status: 'fulfilled', value: { isNew: true } });
    expect(sessions).toHaveLength(1);
  });

  test('what is to be done before a connection is opened is done once for each, and not for one that is there', async () => {
    const { sessions, refusals, acquire } = fakeHost();
    const openedBefore: number[] = [];
    const note = async (): Promise<void> => void openedBefore.push(sessions.length);
    await Promise.all([acquire('a', note), acquire('a', note)]);
    expect(openedBefore).toEqual([0]);
    await acquire('b', note);
    expect(openedBefore).toEqual([0, 1]);
    refusals.push(new Error('refused'));
    await expect(acquire('c', note)).rejects.toThrow('refused');
    expect(openedBefore).toEqual([0, 1, 2]);
  });

  test('who waits for the connection of another waits no longer than he may, and leaves it to the other', async () => {
    const { sessions, acquire } = fakeHost();
    const noted = Promise.withResolvers<undefined>();
    const first = acquire('a', () => noted.promise);
    const impatient = new AbortController();
    const second = acquire('a', undefined, impatient.signal);
    impatient.abort(new Error('its time was up'));
    await expect(second).rejects.toThrow('its time was up');
    noted.resolve(undefined);
    expect((await first).isNew).toBe(true);
    expect((await acquire('a')).isNew).toBe(false);
    expect(sessions).toHaveLength(1);
  });

  test('no connection is opened when what is to be done before fails', async () => {
    const { sessions, acquire } = fakeHost();
    await expect(acquire('a', () => Promise.reject(new Error('not on record')))).rejects.toThrow('not on record');
    expect(sessions).toHaveLength(0);
    expect((await acquire('a')).isNew).toBe(true);
  });

  test('closing the pool closes what is in use and what is kept', async () => {
    const { sessions, acquire, pool } = fakeHost();
    await acquire('a');
    await (await acquire('b')).release(true);
    await pool.close();
    expect(sessions.map((session) => session.isOpen)).toEqual([false, false]);
  });
});
