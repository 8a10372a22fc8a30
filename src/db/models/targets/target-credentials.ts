import { bigint, boolean, bytea, identity, oneOf, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { CredentialType, EncryptionAlgorithm } from '../../../contracts/enums.ts';

export const CredentialModel = defineTable(
  'target_credentials',
  'Encrypted secrets of a communication method.',
  {
    id: identity('Primary key.'),
    credential_uuid: uuid('Public id; part of the AAD, so a ciphertext cannot be moved to another row.', { default: 'gen_random_uuid()' }),
    communication_method_id: bigint('Owner.'),
    credential_type: oneOf(CredentialType, 'Shape of the secret.'),
    credential_name: varchar(100, 'Name within the method.'),
    is_primary: boolean('Used first; at most one active primary per method.', { default: 'false' }),
    is_active: boolean('May be used.', { default: 'true' }),
    ciphertext: bytea('Encrypted JSON (user name and secret), GCM tag appended (seed `encrypted_credentials`, Fernet text).'),
    nonce: bytea('12 random bytes, never reused with a key.'),
    key_id: varchar(64, 'Name of the key in the key ring; key bytes never enter the database.'),
    algorithm: oneOf(EncryptionAlgorithm, 'Cipher.', { default: 'aes-256-gcm' }),
    rotated_at: timestamptz('Last re-encryption with another key.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['credential_uuid'] }, { columns: ['credential_name', 'communication_method_id'] }],
    foreignKeys: [references('communication_method_id', 'target_communication_methods', 'CASCADE')],
    indexes: [
      {
        keys: 'communication_method_id',
        name: 'uq_target_credentials_communication_method_id_primary',
        isUnique: true,
        where: '(is_primary AND is_active)',
        why: 'at most one such row',
      },
      { keys: 'communication_method_id', why: 'FK' },
      { keys: 'key_id', why: 'rotation finds rows of an old key' },
    ],
    checks: { nonce_length: '(octet_length(nonce) = 12)' },
  },
);
