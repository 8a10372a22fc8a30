/** `-name` takes an index out; `<name-{now/d}>` is one whose name is calculated. */
const BEFORE_NAME = /^(?:-|%3C|<)*/i;

const prefixed = (name: string, prefix: string): string => name.replace(BEFORE_NAME, (before) => `${before}${prefix}`);

/**
 * A path whose indices have names that begin with the prefix: `/orders,logs-*` + `/_search`. What begins with `_` is no index but a service of the
 * cluster, and stays as it is.
 */
export const withIndexPrefix = (path: string, prefix: string | undefined): string => {
  const [, names = '', rest = ''] = /^\/([^/?#]*)(.*)$/s.exec(path) ?? [];
  if (prefix === undefined || prefix === '' || names === '' || names.startsWith('_')) return path;
  return `/${names
    .split(',')
    .map((name) => prefixed(name, prefix))
    .join(',')}${rest}`;
};
