import { expect, test, vi } from 'vitest';
import { lazyTemporalClient } from '../../src/temporal/connect-temporal.ts';

const AWAY = { address: '127.0.0.1:1', namespace: 'default', apiKey: undefined, tls: undefined };

test('a call that is tried again when its connection has been closed ends, and throws nowhere else', async () => {
  const client = await lazyTemporalClient(AWAY);
  const uncaught = vi.fn();
  process.on('uncaughtException', uncaught);
  const called = client.withDeadline(Date.now() + 30_000, () => client.workflow.getHandle('none').describe());
  const failed = expect(called).rejects.toThrow();
  // The first try has been refused by then, and the next one waits in its timer.
  await client.withDeadline(Date.now() + 300, () => client.workflow.getHandle('other').describe()).catch(() => undefined);
  await client.connection.close();
  await failed;
  process.off('uncaughtException', uncaught);
  expect(uncaught).not.toHaveBeenCalled();
});
