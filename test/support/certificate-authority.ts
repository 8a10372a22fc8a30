import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoginSecret } from '../../src/contracts/transport.ts';

/** An authority that certifies clients. */
export interface CertificateAuthority {
  /** Its own certificate in PEM form, and as a file. */
  pem: string;
  file: string;
  /** A client's certificate with its key; the key is encrypted when there is a passphrase. */
  issue(options?: { days?: number; passphrase?: string }): Extract<LoginSecret, { type: 'client_certificate' }>;
}

const openssl = (...args: string[]): void => {
  const { status, stderr } = spawnSync('openssl', args);
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${String(stderr)}`);
};

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

export const createAuthority = (folder: string, name: string): CertificateAuthority => {
  const [key, file] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  openssl('req', '-x509', ...NEW_KEY, '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', file);
  let issued = 0;
  return {
    file,
    pem: readFileSync(file, 'utf8'),
    issue({ days = 2, passphrase } = {}) {
      issued += 1;
      const [own, request, certificate] = ['key', 'csr', 'pem'].map((end) => join(folder, `${name}-${issued}.${end}`)) as [
        string,
        string,
        string,
      ];
      const lock = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`];
      openssl('req', ...NEW_KEY, ...lock, '-subj', '/CN=client', '-keyout', own, '-out', request);
      const signed = ['-CA', file, '-CAkey', key, '-CAcreateserial', '-days', String(days)];
      openssl('x509', '-req', '-in', request, ...signed, '-out', certificate);
      return {
        type: 'client_certificate',
        certificate: readFileSync(certificate, 'utf8'),
        private_key: readFileSync(own, 'utf8'),
        ...(passphrase !== undefined && { passphrase }),
      };
    },
  };
};
