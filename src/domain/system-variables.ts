/** Variables that every branch has without declaring them. */
export const BRANCH_VARIABLES = [
  'JOB_NAME',
  'JOB_SERIAL',
  'EXECUTION_ID',
  'EXECUTION_DATE',
  'EXECUTION_TIME',
  'TARGET_NAME',
  'TARGET_SERIAL',
  'TARGET_HOST',
  'TARGET_HOSTNAME',
  'TARGET_OS',
] as const;
export type BranchVariable = (typeof BRANCH_VARIABLES)[number];

/** Of the last action of the branch that ran; skipped ones are passed over. */
export const PREVIOUS_VARIABLES = ['PREVIOUS_ACTION_OUTPUT', 'PREVIOUS_ACTION_EXIT_CODE'] as const;

/** Of the run and the branch up to now: seconds since the run began, and whether the branch has failed. */
export const SO_FAR_VARIABLES = ['EXECUTION_DURATION', 'JOB_RESULT'] as const;

/** Of the innermost loop over a list around an action. */
export const LOOP_VARIABLES = ['LOOP_ITEM', 'LOOP_INDEX'] as const;
