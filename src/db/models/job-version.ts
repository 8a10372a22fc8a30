import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';

/** Columns of `job_versions`. */
export class JobVersionModel extends Model<InferAttributes<JobVersionModel>, InferCreationAttributes<JobVersionModel>> {
  declare jobId: number;
  declare definitionVersion: number;
  declare definition: Record<string, unknown>;
  declare changeNote: CreationOptional<string | null>;
  declare createdBy: CreationOptional<number | null>;
  declare createdAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    JobVersionModel.init(
      {
        jobId: { type: DataTypes.BIGINT, primaryKey: true },
        definitionVersion: { type: DataTypes.INTEGER, primaryKey: true },
        definition: { type: DataTypes.JSONB, allowNull: false },
        changeNote: { type: DataTypes.STRING(500) },
        createdBy: { type: DataTypes.BIGINT },
        createdAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'job_versions' },
    );
  }
}
