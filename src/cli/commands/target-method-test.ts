import type { Command } from 'commander';
import type { CommunicationMethodType } from '../../contracts/enums.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { addMethodOptions, describedMethod } from '../described-method.ts';
import type { MethodOptions } from '../described-method.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { testLine } from './target-test.ts';

interface TestOptions extends MethodOptions {
  type: CommunicationMethodType;
  os?: string;
}

const test = async (context: CliContext, options: TestOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { type, host, os } = options;
  const method = await describedMethod(session, type, options, type);
  const result = await session.client.testMethodConfig({ method, ...(os !== undefined && { os_type: os }) });
  await session.print(result, `${testLine(`${type} ${host ?? ''}`.trim(), result, session.paint)}\n`);
  if (result.result === 'failure') process.exitCode = EXIT_CODES.failed;
};

/** `targets methods test`. */
export const registerTestMethod = (methods: Command, context: CliContext): void => {
  addMethodOptions(
    methods
      .command('test')
      .description('connect and log in by a method that no target has yet, and store nothing; exits with 1 when it fails'),
  )
    .option('--os <type>', 'device type of the machine; default linux')
    .action((options: TestOptions, command: Command) => test(context, options, command));
};
