import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';

/** Columns of `job_targets`. */
export class JobTargetModel extends Model<InferAttributes<JobTargetModel>, InferCreationAttributes<JobTargetModel>> {
  declare id: CreationOptional<number>;
  declare jobId: number;
  declare targetId: number;
  declare createdAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    JobTargetModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        jobId: { type: DataTypes.BIGINT, allowNull: false },
        targetId: { type: DataTypes.BIGINT, allowNull: false },
        createdAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'job_targets' },
    );
  }
}
