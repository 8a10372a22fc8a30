import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';
import { HealthStatus, TargetEnvironment, TargetStatus, TargetType } from '../../contracts/enums.ts';

/** Columns of `universal_targets`. */
export class TargetModel extends Model<InferAttributes<TargetModel>, InferCreationAttributes<TargetModel>> {
  declare id: CreationOptional<number>;
  declare targetUuid: CreationOptional<string>;
  declare targetSerial: string;
  declare name: string;
  declare targetType: CreationOptional<TargetType>;
  declare description: CreationOptional<string | null>;
  declare osType: string;
  declare environment: CreationOptional<TargetEnvironment>;
  declare location: CreationOptional<string | null>;
  declare dataCenter: CreationOptional<string | null>;
  declare region: CreationOptional<string | null>;
  declare labels: CreationOptional<Record<string, unknown>>;
  declare isActive: CreationOptional<boolean>;
  declare deletedAt: CreationOptional<Date | null>;
  declare status: CreationOptional<TargetStatus>;
  declare healthStatus: CreationOptional<HealthStatus>;
  declare healthMessage: CreationOptional<string | null>;
  declare healthCheckedAt: CreationOptional<Date | null>;
  declare nextHealthCheckAt: CreationOptional<Date | null>;
  declare consecutiveFailures: CreationOptional<number>;
  declare consecutiveSuccesses: CreationOptional<number>;
  declare lastResponseTimeMs: CreationOptional<number | null>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    TargetModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        targetUuid: { type: DataTypes.UUID },
        targetSerial: { type: DataTypes.STRING(20), allowNull: false },
        name: { type: DataTypes.STRING(100), allowNull: false },
        targetType: { type: DataTypes.TEXT, validate: { isIn: [TargetType.options] } },
        description: { type: DataTypes.TEXT },
        osType: { type: DataTypes.STRING(100), allowNull: false },
        environment: { type: DataTypes.TEXT, validate: { isIn: [TargetEnvironment.options] } },
        location: { type: DataTypes.STRING(100) },
        dataCenter: { type: DataTypes.STRING(100) },
        region: { type: DataTypes.STRING(100) },
        labels: { type: DataTypes.JSONB },
        isActive: { type: DataTypes.BOOLEAN },
        deletedAt: { type: DataTypes.DATE },
        status: { type: DataTypes.TEXT, validate: { isIn: [TargetStatus.options] } },
        healthStatus: { type: DataTypes.TEXT, validate: { isIn: [HealthStatus.options] } },
        healthMessage: { type: DataTypes.TEXT },
        healthCheckedAt: { type: DataTypes.DATE },
        nextHealthCheckAt: { type: DataTypes.DATE },
        consecutiveFailures: { type: DataTypes.INTEGER },
        consecutiveSuccesses: { type: DataTypes.INTEGER },
        lastResponseTimeMs: { type: DataTypes.INTEGER },
        createdAt: { type: DataTypes.DATE },
        updatedAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'universal_targets' },
    );
  }
}
