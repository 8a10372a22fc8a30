import { asyncLocalStorage } from '@temporalio/activity';

const EXECUTION = /[JS]\d+\.\d+/;

/** Which activity of which workflow this is called in, for the log; nothing elsewhere. */
export const activityIds = (): Record<string, string | number> => {
  const info = asyncLocalStorage.getStore()?.info;
  if (info === undefined) return {};
  const { workflowId, runId } = info.workflowExecution ?? {};
  const [execution] = EXECUTION.exec(workflowId ?? '') ?? [];
  return {
    activity: info.activityType,
    activityId: info.activityId,
    attempt: info.attempt,
    ...(workflowId !== undefined && { workflowId }),
    ...(runId !== undefined && { runId }),
    ...(execution !== undefined && { execution }),
  };
};
