export { jobWorkflow } from './job-workflow.ts';
export { shardWorkflow } from './shard-workflow.ts';
export { branchWorkflow } from './branch-workflow.ts';
export { reconcileWorkflow } from './reconcile-workflow.ts';
