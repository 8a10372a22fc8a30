import { z } from 'zod';
import { Text } from '../text.ts';
import { ActionCommon } from './common.ts';

const SCRIPT_TYPES = ['sh', 'bash', 'python', 'powershell', 'javascript', 'batch'] as const;

export const CommandAction = z.strictObject({
  ...ActionCommon,
  action_type: z.literal('command'),
  action_parameters: z.strictObject({ command: Text(131_072).min(1) }),
});

export const ScriptAction = z.strictObject({
  ...ActionCommon,
  action_type: z.literal('script'),
  action_parameters: z.strictObject({
    scriptType: z.enum(SCRIPT_TYPES),
    scriptContent: Text(524_288).min(1),
    arguments: z.array(Text(32_768)).max(256).default([]),
  }),
});
