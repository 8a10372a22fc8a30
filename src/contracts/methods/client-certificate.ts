import type { CommunicationMethodType } from '../enums.ts';

/** Why a method cannot show a certificate of the client: only TLS asks for one. */
export const clientCertificateProblem = (
  type: CommunicationMethodType,
  { protocol, ssl }: Readonly<Record<string, unknown>>,
): { option: string; message: string } | undefined => {
  if (type === 'rest_api' && protocol !== 'https')
    return { option: 'protocol', message: 'must be https: a certificate of the client is shown over TLS only' };
  if (type === 'elasticsearch' && ssl !== true)
    return { option: 'ssl', message: 'must be true: a certificate of the client is shown over TLS only' };
  return undefined;
};
