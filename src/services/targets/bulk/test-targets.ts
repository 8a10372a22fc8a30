import type { TargetTest, TestTargets } from '../../../contracts/target-bulk.ts';
import { recordAudit } from '../../../db/record-audit.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { testConnection } from '../test-connection.ts';
import { resolveTargets } from './resolve-targets.ts';
import type { BulkTarget } from './resolve-targets.ts';

/** Connections that are tried at once. */
const AT_ONCE = 10;

/** A target that cannot be tested does not stop the test of the others. */
const testOne = async (deps: ServiceDeps, caller: Caller, target: BulkTarget): Promise<TargetTest> => {
  const names = { target_serial: target.target_serial, target_name: target.name };
  try {
    return { ...names, ...(await testConnection(deps, caller, target.target_serial, undefined)) };
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    const { message, code, category } = error;
    const failure = { error_code: code, failure_category: category, duration_ms: 0, host_key_fingerprint: null };
    return { ...names, result: 'failure', message, ...failure };
  }
};

/** Runs `work` on all items, some at once, and gives what came of each as soon as it is there. */
async function* asTheyEnd<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): AsyncGenerator<Result> {
  const queue = items.values();
  const running = new Map<number, Promise<[number, Result]>>();
  let begun = 0;
  const begin = (): void => {
    const { value, done } = queue.next();
    if (done === true) return;
    const number = begun;
    begun += 1;
    const ending = work(value).then((result): [number, Result] => [number, result]);
    // When another one fails first, nobody waits for this one any more.
    ending.catch(() => undefined);
    running.set(number, ending);
  };
  for (let slot = 0; slot < AT_ONCE; slot += 1) begin();
  while (running.size > 0) {
    const [number, result] = await Promise.race(running.values());
    running.delete(number);
    yield result;
    begin();
  }
}

/**
 * Tests the primary method of each target, ten at once, and notes the results on them. What came of each is given as soon as it is there; who stops
 * reading stops the rest.
 * @throws OpsError VALIDATION, NO_TARGETS, FORBIDDEN, before anything is tested
 */
export const testTargets = async (deps: ServiceDeps, caller: Caller, input: TestTargets): Promise<AsyncIterable<TargetTest>> => {
  authorize(caller, 'targets.test');
  const targets = await resolveTargets(deps.db, input);
  const { selector } = input;
  await recordAudit(deps.db, deps.keyRing.auditKey, {
    eventType: 'bulk_operation',
    action: 'test_targets',
    actor: caller.actor,
    resourceType: 'universal_targets',
    details: { targets: targets.length, ...(selector !== undefined && { selector }) },
  });
  return asTheyEnd(targets, (target) => testOne(deps, caller, target));
};
