import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';
import { CommunicationMethodType, TestResult } from '../../contracts/enums.ts';

/** Columns of `target_communication_methods`. */
export class CommunicationMethodModel extends Model<
  InferAttributes<CommunicationMethodModel>,
  InferCreationAttributes<CommunicationMethodModel>
> {
  declare id: CreationOptional<number>;
  declare targetId: number;
  declare targetIsActive: CreationOptional<boolean>;
  declare methodType: CommunicationMethodType;
  declare methodName: string;
  declare host: CreationOptional<string | null>;
  declare port: CreationOptional<number | null>;
  declare isPrimary: CreationOptional<boolean>;
  declare isActive: CreationOptional<boolean>;
  declare priority: CreationOptional<number>;
  declare config: CreationOptional<Record<string, unknown>>;
  declare hostKeyFingerprint: CreationOptional<string | null>;
  declare lastTestedAt: CreationOptional<Date | null>;
  declare lastTestResult: CreationOptional<TestResult | null>;
  declare lastTestMessage: CreationOptional<string | null>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    CommunicationMethodModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        targetId: { type: DataTypes.BIGINT, allowNull: false },
        targetIsActive: { type: DataTypes.BOOLEAN },
        methodType: { type: DataTypes.TEXT, allowNull: false, validate: { isIn: [CommunicationMethodType.options] } },
        methodName: { type: DataTypes.STRING(100), allowNull: false },
        host: { type: DataTypes.STRING(253) },
        port: { type: DataTypes.INTEGER },
        isPrimary: { type: DataTypes.BOOLEAN },
        isActive: { type: DataTypes.BOOLEAN },
        priority: { type: DataTypes.INTEGER },
        config: { type: DataTypes.JSONB },
        hostKeyFingerprint: { type: DataTypes.STRING(128) },
        lastTestedAt: { type: DataTypes.DATE },
        lastTestResult: { type: DataTypes.TEXT, validate: { isIn: [TestResult.options] } },
        lastTestMessage: { type: DataTypes.TEXT },
        createdAt: { type: DataTypes.DATE },
        updatedAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'target_communication_methods' },
    );
  }
}
