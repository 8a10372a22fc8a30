import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';
import { ActionType, OnFailure } from '../../contracts/enums.ts';

/** Columns of `job_actions`. */
export class JobActionModel extends Model<InferAttributes<JobActionModel>, InferCreationAttributes<JobActionModel>> {
  declare id: CreationOptional<number>;
  declare jobId: number;
  declare definitionVersion: CreationOptional<number>;
  declare actionOrder: number;
  declare actionKey: string;
  declare parentActionId: CreationOptional<number | null>;
  declare parentSlot: CreationOptional<'then' | 'else' | 'case' | 'loop' | 'parallel' | 'rollback' | null>;
  declare actionType: ActionType;
  declare actionName: string;
  declare actionParameters: CreationOptional<Record<string, unknown>>;
  declare actionConfig: CreationOptional<Record<string, unknown>>;
  declare conditions: CreationOptional<unknown[]>;
  declare dependencies: CreationOptional<unknown[]>;
  declare isEnabled: CreationOptional<boolean>;
  declare timeoutSeconds: CreationOptional<number>;
  declare retryCount: CreationOptional<number | null>;
  declare retryDelaySeconds: CreationOptional<number>;
  declare onFailure: CreationOptional<OnFailure>;
  declare createdAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    JobActionModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        jobId: { type: DataTypes.BIGINT, allowNull: false },
        definitionVersion: { type: DataTypes.INTEGER },
        actionOrder: { type: DataTypes.INTEGER, allowNull: false },
        actionKey: { type: DataTypes.STRING(100), allowNull: false },
        parentActionId: { type: DataTypes.BIGINT },
        parentSlot: { type: DataTypes.TEXT, validate: { isIn: [['then', 'else', 'case', 'loop', 'parallel', 'rollback']] } },
        actionType: { type: DataTypes.TEXT, allowNull: false, validate: { isIn: [ActionType.options] } },
        actionName: { type: DataTypes.STRING(255), allowNull: false },
        actionParameters: { type: DataTypes.JSONB },
        actionConfig: { type: DataTypes.JSONB },
        conditions: { type: DataTypes.JSONB },
        dependencies: { type: DataTypes.JSONB },
        isEnabled: { type: DataTypes.BOOLEAN },
        timeoutSeconds: { type: DataTypes.INTEGER },
        retryCount: { type: DataTypes.SMALLINT },
        retryDelaySeconds: { type: DataTypes.INTEGER },
        onFailure: { type: DataTypes.TEXT, validate: { isIn: [OnFailure.options] } },
        createdAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'job_actions' },
    );
  }
}
