import { OpsError } from '../domain/ops-error.ts';

/**
 * Where a login begins, as the server says it. Whatever opens addresses for a person also opens files and starts programs by them: it is a page, or
 * the login is refused. One of another origin than that of the context, as behind a proxy, is for the person to judge.
 * @throws OpsError FORBIDDEN for what is no page.
 */
export const oidcStartUrl = (said: string, contextUrl: string): { url: URL; isOfContext: boolean } => {
  const url = URL.parse(said);
  const isPage = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === null || !isPage || url.username !== '' || url.password !== '')
    throw new OpsError(
      'FORBIDDEN',
      `The server ${contextUrl} sends logins to an address that is no page of the web. It was not opened; tell who runs the server (OPSCONDUCTOR_PUBLIC_URL).`,
    );
  return { url, isOfContext: url.origin === new URL(contextUrl).origin };
};
