import { expect, test } from 'vitest';
import { withIndexPrefix } from '../../src/transports/elasticsearch/index-prefix.ts';

test.each([
  ['/logs/_search?size=1', '/t-logs/_search?size=1'],
  ['/a,b-*/_count', '/t-a,t-b-*/_count'],
  ['/a*,-ab*/_search', '/t-a*,-t-ab*/_search'],
  ['/%3Clogs-%7Bnow%2Fd%7D%3E/_doc', '/%3Ct-logs-%7Bnow%2Fd%7D%3E/_doc'],
  ['/logs', '/t-logs'],
  ['/_cluster/health', '/_cluster/health'],
  ['/_bulk?refresh', '/_bulk?refresh'],
  ['/', '/'],
  ['/?pretty', '/?pretty'],
])('%s becomes %s', (path, prefixed) => {
  expect(withIndexPrefix(path, 't-')).toBe(prefixed);
  expect(withIndexPrefix(path, undefined)).toBe(path);
});
