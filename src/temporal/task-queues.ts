/** Queue of workflows, of the row writes that they do themselves, and of actions, which a worker then begins as soon as it has scheduled them. */
export const workflowQueue = (prefix: string): string => `${prefix}-wf`;

/** Queue of the work of whole runs and of upkeep: actions that take all slots of a worker do not hold it up. */
export const runQueue = (prefix: string): string => `${prefix}-run`;
