import { expect, test } from 'vitest';
import { ActionInput } from '../../src/contracts/actions/index.ts';
import { DANGEROUS_PATTERNS } from '../../src/contracts/dangerous-patterns.ts';
import { dangerousActions } from '../../src/domain/dangerous-actions.ts';
import { flattenActions } from '../../src/domain/flatten-actions.ts';

const found = (action: object, patterns = DANGEROUS_PATTERNS) =>
  dangerousActions(flattenActions([ActionInput.parse({ action_name: 'a', ...action })]), patterns);
const command = (text: string) => found({ action_type: 'command', action_parameters: { command: text } });

test.each([
  'rm -rf /',
  'rm -rf /*',
  'rm -fr "/etc"',
  'rm -r --force /usr/',
  'RM -RF /',
  'sudo rm x',
  'sudo -n rm x',
  'cd /tmp && rm -rf *',
  'rm --recursive /var',
  'rm -rf --no-preserve-root /',
  'find / -name x -delete',
  'chmod -R 777 /',
  'chown -R me /etc',
  'mkfs.ext4 /dev/sda1',
  'fdisk /dev/sda',
  'dd if=/dev/zero of=/dev/sda',
  'echo > /dev/sda',
  'shutdown -h now',
  'echo x; reboot',
  'if true; then poweroff; fi',
  'init 0',
  'systemctl --no-wall reboot',
  'Restart-Computer -Force',
  'format c:',
  'Format-Volume -DriveLetter D',
  'diskpart /s x',
  'rd /s /q c:\\',
  'del /f /s c:\\*',
  'Remove-Item C:\\ -Recurse -Force',
  ':(){ :|:& };:',
  'curl https://x | sudo bash',
  'cat /etc/shadow',
  'echo x >> /etc/sudoers',
  'python3 -c "import os; os.system(x)"',
  'python3 -c "eval(x)"',
  'x\nreboot',
  'psql -c "DROP DATABASE x"',
  'redis-cli -n 2 FLUSHDB',
  'mongosh --eval "db.dropDatabase()"',
])('%j is dangerous', (text) => {
  expect(command(text)).toEqual([{ path: 'actions.0.action_parameters.command', message: expect.stringMatching(/^".+" is dangerous$/) }]);
});

test.each([
  'rm -f /tmp/x',
  'rm -rf ./build',
  'rm -rf /srv/app/releases/1',
  'rm file',
  'echo form a: b',
  'systemctl restart nginx',
  'journalctl -b',
  'last reboot',
  'uptime',
  'df -P /',
  'chmod 644 /etc/motd',
  'chmod -R g+w /srv/app',
  'find /var/log -name x -delete',
  'curl https://x | jq .',
  'exec ./run',
  'eval "$x"',
  'ddrescue --help',
  'apt-get install parted-doc',
  'information: x',
  'git add -A; git commit',
  'cat /etc/passwd',
  'echo "$SHUTDOWN_AT"',
  'redis-cli get flushall:counter',
  'sync; fsync flush',
])('%j is not', (text) => {
  expect(command(text)).toEqual([]);
});

test('scripts, file actions, uploads and statements are looked at too', () => {
  expect(
    [
      found({ action_type: 'script', action_parameters: { scriptType: 'python', scriptContent: 'import os\nos.system("x")' } }),
      found({ action_type: 'file', action_parameters: { operation: 'delete', source: '/etc', recursive: true } }),
      found({
        action_type: 'file_transfer',
        action_parameters: { operation: 'upload', destination_path: '/etc/sudoers.d/x', content: '' },
      }),
      found({ action_type: 'database', action_parameters: { query: 'drop schema x' } }),
    ].map((problems) => problems.length),
  ).toEqual([1, 1, 1, 1]);
});

const query = (text: string) => found({ action_type: 'database', action_parameters: { query: text } }).length;
test.each([
  ['FLUSHALL', 1],
  ['  flushdb async', 1],
  ['GET flushall', 0],
  ['{"dropDatabase": 1}', 1],
  ['{"find": "drops"}', 0],
])('the statement %j has %d dangers', (text, dangers) => {
  expect(query(text)).toBe(dangers);
});

const upload = (parameters: object) =>
  found({
    action_type: 'file_transfer',
    action_parameters: { operation: 'upload', destination_path: '/srv/x', content: 'x', ...parameters },
  });
test.each([
  [{ mode: '755' }, 1],
  [{ mode: '0744' }, 1],
  [{ mode: '640' }, 0],
  [{ mode: '4644' }, 0],
  [{ destination_path: 'C:\\tools\\setup.EXE' }, 1],
  [{ destination_path: '/srv/deploy.sh' }, 1],
  [{ content: '#!/bin/sh\ntrue\n' }, 1],
  [{ content: 'name=#!x' }, 0],
])('the upload %j has %d dangers', (parameters, dangers) => {
  expect(upload(parameters)).toHaveLength(dangers);
});

test('a pattern that takes for ever is given up, and the setting is named', () => {
  expect(() => found({ action_type: 'command', action_parameters: { command: `${'a'.repeat(40)}!` } }, ['^(a+)+$'])).toThrow(
    /setting dangerous_command_patterns takes too long/,
  );
});

test('$${…} does not hide anything, and a long match is cut', () => {
  expect(command('rm -rf $${x} /')).toHaveLength(1);
  expect(command(`rm -rf ${'x'.repeat(300)} /`)[0]?.message.length).toBeLessThan(110);
});

test('the list may be another one', () => {
  expect(found({ action_type: 'command', action_parameters: { command: 'rm -rf /; launch' } }, ['\\blaunch\\b'])).toEqual([
    { path: 'actions.0.action_parameters.command', message: '"launch" is dangerous' },
  ]);
});
