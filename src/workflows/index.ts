export { jobWorkflow } from './job-workflow.ts';
export { shardWorkflow } from './shard-workflow.ts';
export { branchWorkflow } from './branch-workflow.ts';
export { reconcileWorkflow } from './reconcile-workflow.ts';
export { partitionMaintenanceWorkflow } from './partition-maintenance-workflow.ts';
export { retentionWorkflow } from './retention-workflow.ts';
export { auditSealWorkflow } from './audit-seal-workflow.ts';
export { scheduledJobRunWorkflow } from './scheduled-job-run-workflow.ts';
