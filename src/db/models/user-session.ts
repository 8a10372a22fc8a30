import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';

/** Columns of `user_sessions`. */
export class UserSessionModel extends Model<InferAttributes<UserSessionModel>, InferCreationAttributes<UserSessionModel>> {
  declare id: CreationOptional<number>;
  declare sessionUuid: CreationOptional<string>;
  declare userId: number;
  declare sessionTokenHash: Buffer;
  declare ipAddress: CreationOptional<string | null>;
  declare userAgent: CreationOptional<string | null>;
  declare expiresAt: Date;
  declare lastActivityAt: CreationOptional<Date>;
  declare revokedAt: CreationOptional<Date | null>;
  declare revokeReason: CreationOptional<'logout' | 'expired' | 'inactivity' | 'admin' | 'password_change' | null>;
  declare createdAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    UserSessionModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        sessionUuid: { type: DataTypes.UUID },
        userId: { type: DataTypes.BIGINT, allowNull: false },
        sessionTokenHash: { type: DataTypes.BLOB, allowNull: false },
        ipAddress: { type: DataTypes.INET },
        userAgent: { type: DataTypes.TEXT },
        expiresAt: { type: DataTypes.DATE, allowNull: false },
        lastActivityAt: { type: DataTypes.DATE },
        revokedAt: { type: DataTypes.DATE },
        revokeReason: { type: DataTypes.TEXT, validate: { isIn: [['logout', 'expired', 'inactivity', 'admin', 'password_change']] } },
        createdAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'user_sessions' },
    );
  }
}
