import { z } from 'zod';
import { NotificationType, UserRole } from '../enums.ts';
import { TargetSerial } from '../target.ts';
import { Text } from '../text.ts';

/** An object whose keys are open by design. */
export const OpenObject = z.record(z.string(), z.unknown());

/** Any JSON value, null included. */
export const AnyJson = z.json();

export const Port = z.number().int().min(1).max(65_535);
export const Count = z.number().int().min(0);
export const Name = Text(100).min(1);
/** Lower case name of a thing that code knows: a template's variable, a section of a report, a kind of event. */
export const CodeName = z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, 'must be lower case letters, digits and _');

/** A list without repeats. @param error what is said of something that is no list */
export const listOf = <Item extends z.ZodType<string | number>>(item: Item, error?: string) =>
  z.array(item, error === undefined ? undefined : { error }).superRefine((values, context) => {
    values.forEach((value, index) => {
      if (values.indexOf(value) < index)
        context.addIssue({ code: 'custom', path: [index], message: `${JSON.stringify(value)} occurs twice` });
    });
  });

/** Refuses an object that has more than one of these keys, or with `least` 1 none of them. */
export const oneOf =
  (keys: readonly string[], least: 0 | 1) =>
  (value: object): boolean => {
    const given = keys.filter((key) => Reflect.get(value, key) !== undefined).length;
    return given >= least && given <= 1;
  };

const userRecipient = z.strictObject({ type: z.literal('user'), value: Text(255).min(1) });
const roleRecipient = z.strictObject({ type: z.literal('role'), value: UserRole });
const addressRecipient = z.strictObject({ type: z.literal('address'), value: Text(500).min(1) });

/** Who is told: a user by name, everybody of a role, or an address of the channel. */
export const Recipients = z.array(z.discriminatedUnion('type', [userRecipient, roleRecipient, addressRecipient]));

/** Who may answer an approval. */
export const Approvers = z.array(z.discriminatedUnion('type', [userRecipient, roleRecipient])).min(1);

/** Channels of a rule; one that sends through a target (slack, webhook) names it. */
export const NotificationChannels = z.array(z.union([NotificationType, z.strictObject({ type: NotificationType, target: TargetSerial })]));

/** Names of calendars. */
export const Calendars = listOf(Name);
