import { expect, test } from 'vitest';
import { commandShellOf, platformOf } from '../../src/domain/command-shell.ts';

test.each([
  ['winrm', 'linux', undefined, 'windows', 'cmd'],
  ['winrm', 'hyper_v', 'cmd', 'windows', 'cmd'],
  ['winrm', 'windows', 'powershell', 'windows', 'powershell'],
  ['ssh', 'linux', undefined, 'posix', 'posix_shell'],
  ['ssh', 'mssql', undefined, 'posix', 'posix_shell'],
  ['ssh', 'windows', undefined, 'windows', 'cmd'],
  ['ssh', 'hyper_v', undefined, 'windows', 'cmd'],
  ['ssh', 'linux', 'cmd', 'windows', 'cmd'],
  ['ssh', 'linux', 'powershell', 'windows', 'powershell'],
  ['ssh', 'windows', 'posix', 'posix', 'posix_shell'],
  ['telnet', 'windows', undefined, 'posix', 'posix_shell'],
  ['telnet', 'windows', 'posix', 'posix', 'posix_shell'],
  ['telnet', 'windows', 'none', 'posix', 'header'],
] as const)('%s to a target of type %s with shell %s: %s, commands are read by %s', (methodType, osType, shell, platform, reader) => {
  const method = { methodType, config: shell === undefined ? {} : { shell } };
  expect(platformOf(method, osType)).toBe(platform);
  expect(commandShellOf({ ...method, platform: platformOf(method, osType) })).toBe(reader);
});
