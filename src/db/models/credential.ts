import { DataTypes, Model } from 'sequelize';
import type { CreationOptional, InferAttributes, InferCreationAttributes, Sequelize } from 'sequelize';
import { CredentialType } from '../../contracts/enums.ts';

/** Columns of `target_credentials`. */
export class CredentialModel extends Model<InferAttributes<CredentialModel>, InferCreationAttributes<CredentialModel>> {
  declare id: CreationOptional<number>;
  declare credentialUuid: CreationOptional<string>;
  declare communicationMethodId: number;
  declare credentialType: CredentialType;
  declare credentialName: string;
  declare isPrimary: CreationOptional<boolean>;
  declare isActive: CreationOptional<boolean>;
  declare ciphertext: Buffer;
  declare nonce: Buffer;
  declare keyId: string;
  declare algorithm: CreationOptional<'aes-256-gcm'>;
  declare rotatedAt: CreationOptional<Date | null>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;

  static define(sequelize: Sequelize): void {
    CredentialModel.init(
      {
        id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true },
        credentialUuid: { type: DataTypes.UUID },
        communicationMethodId: { type: DataTypes.BIGINT, allowNull: false },
        credentialType: { type: DataTypes.TEXT, allowNull: false, validate: { isIn: [CredentialType.options] } },
        credentialName: { type: DataTypes.STRING(100), allowNull: false },
        isPrimary: { type: DataTypes.BOOLEAN },
        isActive: { type: DataTypes.BOOLEAN },
        ciphertext: { type: DataTypes.BLOB, allowNull: false },
        nonce: { type: DataTypes.BLOB, allowNull: false },
        keyId: { type: DataTypes.STRING(64), allowNull: false },
        algorithm: { type: DataTypes.TEXT, validate: { isIn: [['aes-256-gcm']] } },
        rotatedAt: { type: DataTypes.DATE },
        createdAt: { type: DataTypes.DATE },
        updatedAt: { type: DataTypes.DATE },
      },
      { sequelize, tableName: 'target_credentials' },
    );
  }
}
