import { z } from 'zod';
import { Text } from '../text.ts';
import { ActionCommon } from './common.ts';

const HeaderName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/, 'is not the name of a header');
const Header = Text(8_192).regex(/^[^\r\n]*$/, 'a header is one line');

/** A request to the target's REST API or Elasticsearch (a path), or to any URL from the worker. */
export const ApiAction = z.strictObject({
  ...ActionCommon,
  action_type: z.literal('api'),
  action_parameters: z.strictObject({
    method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']).default('GET'),
    url: Text(8_192)
      .regex(/^(https?:\/\/|\/)/, 'must be a URL, or a path that begins with / on the target')
      .meta({ description: 'A path goes to the method of the target; a URL is requested by the worker.' }),
    headers: z.record(HeaderName, Header).default({}),
    body: z
      .union(
        [Text(524_288), z.record(z.string(), z.unknown()), z.array(z.unknown())],
        'must be a text, or an object or list that is sent as JSON',
      )
      .optional()
      .meta({ description: 'Text, or JSON.' }),
    expectedStatusCodes: z.array(z.number().int().min(100).max(599)).min(1).max(100).default([200]),
  }),
});
