/** Id of the Temporal Schedule of a row (data model, 6.1). */
export const temporalScheduleId = (scheduleUuid: string): string => `job-schedule/${scheduleUuid}`;

/** What ids of workflows begin with that Temporal starts for a schedule; it adds the nominal second of the instant. */
export const firingWorkflowId = (scheduleUuid: string): string => `scheduled-run/${scheduleUuid}`;

/** As Temporal adds it: `scheduled-run/…-2026-11-23T03:14:00Z`. */
export const instantWorkflowId = (scheduleUuid: string, nominal: Date): string =>
  `${firingWorkflowId(scheduleUuid)}-${nominal.toISOString().slice(0, 19)}Z`;

/** Of a firing that a person asked for; `execution` is the uuid of its row in the ledger. */
export const runNowWorkflowId = (scheduleUuid: string, execution: string): string => `${firingWorkflowId(scheduleUuid)}/now/${execution}`;

/** The workflow whose firing has this key. @returns undefined for a key of something else */
export const workflowIdOfKey = (key: string): string | undefined => {
  const [, uuid, part] = /^schedule\/([^/]+)\/(.+)$/.exec(key) ?? [];
  if (uuid === undefined || part === undefined) return undefined;
  return `${firingWorkflowId(uuid)}${part.startsWith('now/') ? '/' : '-'}${part}`;
};

/** The key by which a repeated start of a firing meets the run that it has. */
export const firingKey = (scheduleUuid: string, workflowId: string): string =>
  `schedule/${scheduleUuid}/${workflowId.slice(firingWorkflowId(scheduleUuid).length + 1)}`;
