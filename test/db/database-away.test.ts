import { ConnectionAcquireTimeoutError, ConnectionRefusedError, DatabaseError, HostNotFoundError, HostNotReachableError } from 'sequelize';
import { describe, expect, test } from 'vitest';
import { isDatabaseAway, isOutcomeUnknown } from '../../src/db/database-away.ts';

const withCode = (code: string): Error => Object.assign(new Error('said by the server'), { code });
const answered = (code: string): Error => new DatabaseError(Object.assign(withCode(code), { sql: '' }));

describe('a database that is away', () => {
  test.each([
    new HostNotFoundError(withCode('ENOTFOUND')),
    new HostNotReachableError(withCode('EHOSTUNREACH')),
    new ConnectionRefusedError(withCode('ECONNREFUSED')),
    new ConnectionAcquireTimeoutError(new Error('no connection')),
    answered('57P03'),
    answered('40P01'),
  ])('has taken nothing while nothing was committed: %s', (error) => {
    expect([isDatabaseAway(error), isOutcomeUnknown(error, undefined), isOutcomeUnknown(error, { hasCommitted: true })]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test.each([answered('57P01'), answered('08006'), withCode('ECONNRESET'), new Error('Connection terminated unexpectedly')])(
    'may have taken what was under way: %s',
    (error) => {
      expect([isDatabaseAway(error), isOutcomeUnknown(error, undefined)]).toEqual([true, true]);
    },
  );

  test.each([answered('23505'), new TypeError('wrong'), 'a text'])('is not the cause of %s', (error) => {
    expect([isDatabaseAway(error), isOutcomeUnknown(error, { hasCommitted: true })]).toEqual([false, false]);
  });
});
