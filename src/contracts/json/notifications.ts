import { z } from 'zod';
import { AlertSeverity, TargetEnvironment, TargetType } from '../enums.ts';
import { Text } from '../text.ts';
import { CodeName, listOf, NotificationChannels, OpenObject, Recipients } from './shared.ts';

/** Names that the template may use. */
export const NotificationTemplatesVariables = listOf(CodeName);

const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be the name of a header')
  .refine(
    (name) => !/authorization|cookie|token|secret|password|api-?key/i.test(name),
    'a header with a secret belongs to the credentials of the target',
  );

/** Options of the channel, without secrets. */
export const NotificationTemplatesTemplateConfig = z
  .strictObject({
    content_type: Text(100).regex(/^[a-z]+\/[a-z0-9.+-]+/, 'must be a media type such as text/html'),
    method: z.enum(['POST', 'PUT', 'PATCH']),
    headers: z.record(HeaderName, Text(4_096)),
  })
  .partial();

/** The variables that were used, by name. */
export const NotificationLogsContextData = OpenObject;

/** Which events the rule is for; what is left out does not filter. */
export const AlertRulesConditionConfig = z
  .strictObject({
    min_severity: AlertSeverity,
    event_types: listOf(CodeName),
    target_types: listOf(TargetType),
    environments: listOf(TargetEnvironment),
  })
  .partial();

export const AlertRulesRecipients = Recipients;
export const AlertRulesNotificationChannels = NotificationChannels;

/** Snapshot of rule and event. */
export const AlertLogsContextData = OpenObject;
