import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';
import { JobStatus, JobType } from '../../contracts/enums.ts';

/** Columns of `jobs`. */
export class JobModel extends Model<InferAttributes<JobModel>, InferCreationAttributes<JobModel>> {
  declare id: CreationOptional<number>;
  declare jobUuid: CreationOptional<string>;
  declare jobSerial: string;
  declare name: string;
  declare description: CreationOptional<string | null>;
  declare jobType: CreationOptional<JobType>;
  declare status: CreationOptional<JobStatus>;
  declare priority: CreationOptional<number>;
  declare timeoutSeconds: CreationOptional<number | null>;
  declare retryCount: CreationOptional<number>;
  declare definitionVersion: CreationOptional<number>;
  declare lastExecutionNumber: CreationOptional<number>;
  declare variables: CreationOptional<unknown[]>;
  declare settings: CreationOptional<Record<string, unknown>>;
  declare targetSelector: CreationOptional<string | null>;
  declare isTemplate: CreationOptional<boolean>;
  declare templateId: CreationOptional<number | null>;
  declare definitionSource: CreationOptional<'code' | 'api'>;
  declare definitionHash: CreationOptional<string | null>;
  declare createdBy: number;
  declare scheduledAt: CreationOptional<Date | null>;
  declare startedAt: CreationOptional<Date | null>;
  declare completedAt: CreationOptional<Date | null>;
  declare deletedAt: CreationOptional<Date | null>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    JobModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        jobUuid: { type: DataTypes.UUID },
        jobSerial: { type: DataTypes.STRING(20), allowNull: false },
        name: { type: DataTypes.STRING(255), allowNull: false },
        description: { type: DataTypes.TEXT },
        jobType: { type: DataTypes.TEXT, validate: { isIn: [JobType.options] } },
        status: { type: DataTypes.TEXT, validate: { isIn: [JobStatus.options] } },
        priority: { type: DataTypes.SMALLINT },
        timeoutSeconds: { type: DataTypes.INTEGER },
        retryCount: { type: DataTypes.SMALLINT },
        definitionVersion: { type: DataTypes.INTEGER },
        lastExecutionNumber: { type: DataTypes.INTEGER },
        variables: { type: DataTypes.JSONB },
        settings: { type: DataTypes.JSONB },
        targetSelector: { type: DataTypes.STRING(1000) },
        isTemplate: { type: DataTypes.BOOLEAN },
        templateId: { type: DataTypes.BIGINT },
        definitionSource: { type: DataTypes.TEXT, validate: { isIn: [['code', 'api']] } },
        definitionHash: { type: DataTypes.CHAR(64) },
        createdBy: { type: DataTypes.BIGINT, allowNull: false },
        scheduledAt: { type: DataTypes.DATE },
        startedAt: { type: DataTypes.DATE },
        completedAt: { type: DataTypes.DATE },
        deletedAt: { type: DataTypes.DATE },
        createdAt: { type: DataTypes.DATE },
        updatedAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'jobs' },
    );
  }
}
