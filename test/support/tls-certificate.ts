import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCertificate {
  certificateFile: string;
  keyFile: string;
  /** The certificate in PEM form; it has signed itself. */
  pem: string;
}

/** Makes a certificate by openssl, for names such as `DNS:localhost` or `IP:127.0.0.1`. */
export const createCertificate = (folder: string, name: string): TestCertificate => {
  const [keyFile, certificateFile] = [join(folder, 'tls.key'), join(folder, 'tls.pem')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=test'];
  const { status, stderr } = spawnSync('openssl', [
    ...args,
    '-addext',
    `subjectAltName=${name}`,
    '-keyout',
    keyFile,
    '-out',
    certificateFile,
  ]);
  if (status !== 0) throw new Error(`openssl: ${String(stderr)}`);
  return { certificateFile, keyFile, pem: readFileSync(certificateFile, 'utf8') };
};
