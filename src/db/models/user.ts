import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';
import { UserRole } from '../../contracts/enums.ts';

/** Columns of `users`. */
export class UserModel extends Model<InferAttributes<UserModel>, InferCreationAttributes<UserModel>> {
  declare id: CreationOptional<number>;
  declare userUuid: CreationOptional<string>;
  declare username: string;
  declare email: string;
  declare passwordHash: string;
  declare role: CreationOptional<UserRole>;
  declare permissions: CreationOptional<unknown[]>;
  declare isActive: CreationOptional<boolean>;
  declare mustChangePassword: CreationOptional<boolean>;
  declare failedLoginCount: CreationOptional<number>;
  declare lockedUntil: CreationOptional<Date | null>;
  declare passwordChangedAt: CreationOptional<Date | null>;
  declare oidcIssuer: CreationOptional<string | null>;
  declare oidcSubject: CreationOptional<string | null>;
  declare lastLoginAt: CreationOptional<Date | null>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    UserModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        userUuid: { type: DataTypes.UUID },
        username: { type: DataTypes.STRING(50), allowNull: false },
        email: { type: DataTypes.STRING(255), allowNull: false },
        passwordHash: { type: DataTypes.STRING(255), allowNull: false },
        role: { type: DataTypes.TEXT, validate: { isIn: [UserRole.options] } },
        permissions: { type: DataTypes.JSONB },
        isActive: { type: DataTypes.BOOLEAN },
        mustChangePassword: { type: DataTypes.BOOLEAN },
        failedLoginCount: { type: DataTypes.INTEGER },
        lockedUntil: { type: DataTypes.DATE },
        passwordChangedAt: { type: DataTypes.DATE },
        oidcIssuer: { type: DataTypes.STRING(255) },
        oidcSubject: { type: DataTypes.STRING(255) },
        lastLoginAt: { type: DataTypes.DATE },
        createdAt: { type: DataTypes.DATE },
        updatedAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'users' },
    );
  }
}
