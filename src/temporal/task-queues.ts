/** Queue of workflows and of the row writes that they do themselves. */
export const workflowQueue = (prefix: string): string => `${prefix}-wf`;

/** Queue of actions: commands and scripts on targets. */
export const actionQueue = (prefix: string): string => `${prefix}-exec`;
