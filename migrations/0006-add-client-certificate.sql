-- Credentials of type client_certificate: a certificate with its private key, for TLS servers that ask their clients for one.
ALTER TABLE target_credentials DROP CONSTRAINT ck_target_credentials_credential_type, ADD CONSTRAINT ck_target_credentials_credential_type CHECK ((credential_type = ANY (ARRAY['password'::text, 'ssh_key'::text, 'snmp_community'::text, 'snmp_v3'::text, 'api_key'::text, 'api_token'::text, 'client_certificate'::text]))) NOT VALID;
ALTER TABLE target_credentials VALIDATE CONSTRAINT ck_target_credentials_credential_type;
