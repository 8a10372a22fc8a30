import type { RunActionInput } from '../../contracts/run.ts';
import type { Settings } from '../../contracts/settings.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { childSerial } from '../../domain/serials.ts';
import type { ActivityDeps } from '../deps.ts';
import { keepFullOutput } from './keep-full-output.ts';
import type { BranchContext } from './load-branch-context.ts';
import { createOutputWriter } from './output-writer.ts';
import type { OutputWriter } from './output-writer.ts';

interface Attempt {
  input: RunActionInput;
  context: BranchContext;
  action: DefinedAction;
  attemptId: number;
}

/** What writes the output of an attempt, as its action and its job ask: stored or only counted, with or without the exact bytes. */
export const openWriter = (
  { db, notifyRun }: Pick<ActivityDeps, 'db' | 'notifyRun'>,
  { input, context, action, attemptId }: Attempt,
  settings: Settings,
): OutputWriter => {
  const giveUp = new AbortController().signal;
  const writer = createOutputWriter({
    db,
    attemptId,
    branchId: context.branchId,
    executionId: context.executionId,
    actionSerial: childSerial(input.branch, action.order),
    iteration: input.iteration,
    attempt: input.attempt,
    mask: context.mask,
    maxOutputBytes: settings.max_output_bytes,
    maxLogBytes: settings.max_log_bytes,
    isCaptured: (action.config['capture_output'] ?? context.definition.capturesOutput) !== false,
    onWritten: () => notifyRun(context.executionSerial),
    giveUp,
  });
  const isKept = action.config['keep_full_output'] ?? context.definition.keepsFullOutput;
  if (isKept !== true) return writer;
  const { artifact_retention_days: retentionDays, max_artifact_bytes: maxArtifactBytes } = settings;
  return keepFullOutput(writer, { db, attemptId, retentionDays, maxArtifactBytes, giveUp });
};
