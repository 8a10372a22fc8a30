import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';
import { ExecutionStatus, ExecutionTrigger, FailureCategory } from '../../contracts/enums.ts';

/** Columns of `job_executions`. */
export class JobExecutionModel extends Model<InferAttributes<JobExecutionModel>, InferCreationAttributes<JobExecutionModel>> {
  declare id: CreationOptional<number>;
  declare jobId: number;
  declare executionUuid: CreationOptional<string>;
  declare executionSerial: string;
  declare executionNumber: number;
  declare definitionVersion: number;
  declare status: CreationOptional<ExecutionStatus>;
  declare triggerType: CreationOptional<ExecutionTrigger>;
  declare triggeredBy: CreationOptional<number | null>;
  declare variables: CreationOptional<Record<string, unknown>>;
  declare targetSelection: CreationOptional<Record<string, unknown>>;
  declare rollout: CreationOptional<Record<string, unknown>>;
  declare maxConcurrentTargets: CreationOptional<number>;
  declare totalBranches: CreationOptional<number>;
  declare completedBranches: CreationOptional<number>;
  declare failedBranches: CreationOptional<number>;
  declare cancelledBranches: CreationOptional<number>;
  declare failureCategory: CreationOptional<FailureCategory | null>;
  declare errorCode: CreationOptional<string | null>;
  declare errorMessage: CreationOptional<string | null>;
  declare cancelRequestedAt: CreationOptional<Date | null>;
  declare cancelRequestedBy: CreationOptional<number | null>;
  declare workflowId: string;
  declare runId: CreationOptional<string | null>;
  declare idempotencyKey: CreationOptional<string | null>;
  declare retryOfExecutionId: CreationOptional<number | null>;
  declare pausedAt: CreationOptional<Date | null>;
  declare holdReason: CreationOptional<'user' | 'approval' | 'delay' | 'lock' | 'blackout' | null>;
  declare resumesAt: CreationOptional<Date | null>;
  declare closedBy: CreationOptional<'workflow' | 'reconciler' | null>;
  declare scheduledAt: CreationOptional<Date | null>;
  declare startedAt: CreationOptional<Date | null>;
  declare completedAt: CreationOptional<Date | null>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    JobExecutionModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        jobId: { type: DataTypes.BIGINT, allowNull: false },
        executionUuid: { type: DataTypes.UUID },
        executionSerial: { type: DataTypes.STRING(50), allowNull: false },
        executionNumber: { type: DataTypes.INTEGER, allowNull: false },
        definitionVersion: { type: DataTypes.INTEGER, allowNull: false },
        status: { type: DataTypes.TEXT, validate: { isIn: [ExecutionStatus.options] } },
        triggerType: { type: DataTypes.TEXT, validate: { isIn: [ExecutionTrigger.options] } },
        triggeredBy: { type: DataTypes.BIGINT },
        variables: { type: DataTypes.JSONB },
        targetSelection: { type: DataTypes.JSONB },
        rollout: { type: DataTypes.JSONB },
        maxConcurrentTargets: { type: DataTypes.SMALLINT },
        totalBranches: { type: DataTypes.INTEGER },
        completedBranches: { type: DataTypes.INTEGER },
        failedBranches: { type: DataTypes.INTEGER },
        cancelledBranches: { type: DataTypes.INTEGER },
        failureCategory: { type: DataTypes.TEXT, validate: { isIn: [FailureCategory.options] } },
        errorCode: { type: DataTypes.STRING(50) },
        errorMessage: { type: DataTypes.TEXT },
        cancelRequestedAt: { type: DataTypes.DATE },
        cancelRequestedBy: { type: DataTypes.BIGINT },
        workflowId: { type: DataTypes.STRING(255), allowNull: false },
        runId: { type: DataTypes.STRING(64) },
        idempotencyKey: { type: DataTypes.STRING(255) },
        retryOfExecutionId: { type: DataTypes.BIGINT },
        pausedAt: { type: DataTypes.DATE },
        holdReason: { type: DataTypes.TEXT, validate: { isIn: [['user', 'approval', 'delay', 'lock', 'blackout']] } },
        resumesAt: { type: DataTypes.DATE },
        closedBy: { type: DataTypes.TEXT, validate: { isIn: [['workflow', 'reconciler']] } },
        scheduledAt: { type: DataTypes.DATE },
        startedAt: { type: DataTypes.DATE },
        completedAt: { type: DataTypes.DATE },
        createdAt: { type: DataTypes.DATE },
        updatedAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'job_executions' },
    );
  }
}
