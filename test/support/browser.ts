/** How a page is fetched: over the network, or from an app in this process. */
export type Fetch = (url: string, init: { headers: Record<string, string> }) => Promise<Response> | Response;

/** Follows redirects and keeps cookies by host and path, as a browser does; runs no script. */
export interface Browser {
  /** @param isThere stops there and gives the address that would have been asked next. */
  open(url: string, isThere?: (url: string) => boolean): Promise<{ url: string; response: Response | undefined }>;
  /** All cookies that were set, as they came. */
  setCookies: string[];
}

const MAX_REDIRECTS = 20;

interface Cookie {
  host: string;
  path: string;
  name: string;
  value: string;
}

const readCookie = (url: URL, header: string): Cookie => {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  const [name = '', ...value] = pair.split('=');
  const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice('path='.length) ?? '/';
  return { host: url.host, path, name, value: value.join('=') };
};

export const openBrowser = (fetchPage: Fetch = (url, init) => fetch(url, { ...init, redirect: 'manual' })): Browser => {
  let cookies: Cookie[] = [];
  const setCookies: string[] = [];
  const cookiesFor = (url: URL): string =>
    cookies
      .filter(({ host, path }) => host === url.host && url.pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  return {
    setCookies,
    async open(url, isThere = () => false) {
      let next = url;
      for (let hop = 0; hop < MAX_REDIRECTS; hop += 1) {
        if (isThere(next)) return { url: next, response: undefined };
        const at = new URL(next);
        const response = await fetchPage(next, { headers: { cookie: cookiesFor(at) } });
        for (const header of response.headers.getSetCookie()) {
          const cookie = readCookie(at, header);
          setCookies.push(header);
          cookies = [
            ...cookies.filter(({ host, path, name }) => host !== cookie.host || path !== cookie.path || name !== cookie.name),
            cookie,
          ];
        }
        const location = response.headers.get('location');
        if (location === null) return { url: next, response };
        next = new URL(location, next).href;
      }
      throw new Error(`too many redirects, the last to ${next}`);
    },
  };
};
