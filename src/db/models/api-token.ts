import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';

/** Columns of `api_tokens`. */
export class ApiTokenModel extends Model<InferAttributes<ApiTokenModel>, InferCreationAttributes<ApiTokenModel>> {
  declare id: CreationOptional<number>;
  declare tokenUuid: CreationOptional<string>;
  declare userId: number;
  declare name: string;
  declare tokenPrefix: string;
  declare tokenHash: Buffer;
  declare scopes: CreationOptional<unknown[]>;
  declare expiresAt: CreationOptional<Date | null>;
  declare lastUsedAt: CreationOptional<Date | null>;
  declare lastUsedIp: CreationOptional<string | null>;
  declare revokedAt: CreationOptional<Date | null>;
  declare createdAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    ApiTokenModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        tokenUuid: { type: DataTypes.UUID },
        userId: { type: DataTypes.BIGINT, allowNull: false },
        name: { type: DataTypes.STRING(100), allowNull: false },
        tokenPrefix: { type: DataTypes.STRING(12), allowNull: false },
        tokenHash: { type: DataTypes.BLOB, allowNull: false },
        scopes: { type: DataTypes.JSONB },
        expiresAt: { type: DataTypes.DATE },
        lastUsedAt: { type: DataTypes.DATE },
        lastUsedIp: { type: DataTypes.INET },
        revokedAt: { type: DataTypes.DATE },
        createdAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'api_tokens' },
    );
  }
}
