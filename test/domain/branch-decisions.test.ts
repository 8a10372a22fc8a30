import { expect, test } from 'vitest';
import type { OnFailure } from '../../src/contracts/enums.ts';
import { failsBranch } from '../../src/domain/branch-decisions.ts';

/** One inside the other, the outermost first; the last one fails. */
test.each<[OnFailure[], boolean]>([
  [['stop'], true],
  [['continue'], false],
  [['skip_remaining'], true],
  [['continue', 'stop'], false],
  [['stop', 'continue', 'stop'], false],
  [['stop', 'stop'], true],
  [['stop', 'continue'], false],
  [['rollback', 'stop'], true],
  [['continue', 'rollback'], true],
  [['continue', 'skip_remaining'], true],
])('a failure inside %j fails the branch: %s', (says, fails) => {
  const actions = says.map((onFailure, index) => ({ order: index + 1, onFailure, parent: index === 0 ? null : index }));
  expect(failsBranch(says.length, actions)).toBe(fails);
});
