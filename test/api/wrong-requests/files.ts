import { command } from '../../support/fleet.ts';
import { HALF, NUL, job, method } from './wrong-request.ts';
import type { WrongRequest } from './wrong-request.ts';

const actionOf = (type: string, title: string, parameters: object, field: string, says: RegExp, config: object = {}): WrongRequest =>
  job(
    `${type}: ${title}`,
    { actions: [{ action_type: type, action_name: 'x', action_parameters: parameters, action_config: config }] },
    `actions.0.${field}`,
    { says },
  );

const file = (title: string, parameters: object, field: string, says: RegExp): WrongRequest =>
  actionOf('file', title, parameters, `action_parameters.${field}`, says);
const copy = (title: string, fields: object, field: string, says: RegExp): WrongRequest =>
  file(`copy, ${title}`, { operation: 'copy', source: '/a', destination: '/b', ...fields }, field, says);
const transfer = (title: string, parameters: object, field: string, says: RegExp): WrongRequest =>
  actionOf('file_transfer', title, parameters, `action_parameters.${field}`, says);
const upload = (title: string, fields: object, field: string, says: RegExp): WrongRequest =>
  transfer(`upload, ${title}`, { operation: 'upload', destination_path: '/b', content: 'x', ...fields }, field, says);
const download = (title: string, fields: object, field: string, says: RegExp): WrongRequest =>
  transfer(`download, ${title}`, { operation: 'download', source_path: '/a', ...fields }, field, says);

const PARAMETERS = {
  command: { command: 'true' },
  script: { scriptType: 'sh', scriptContent: 'true' },
  file: { operation: 'mkdir', source: '/a' },
  file_transfer: { operation: 'download', source_path: '/a' },
  email: { to: ['ann@example.org'], subject: 'x', body: 'x' },
} as const;
const config = (type: keyof typeof PARAMETERS, title: string, fields: object, field: string, says: RegExp): WrongRequest =>
  actionOf(type, title, PARAMETERS[type], `action_config.${field}`, says, fields);
const ssh = (title: string, fields: object, field: string, says: RegExp): WrongRequest =>
  method(`ssh: ${title}`, { method_type: 'ssh', ...fields }, field, { says });

const REQUIRED = /expected string, received undefined/;
const NOT_HERE = /^is not a field here$/;
const NO_NUL = /NUL/;
const OCTAL = /must be an octal mode such as 644/;
const USER = /must be the name of a user/;
const HEX = /must be a SHA-256 in lower case hex/;
const EITHER = /an upload needs either content or artifact/;
const FILE_NAME = /must name a file, so it does not end with a slash/;
const TILDE = /begins with ~, which no shell expands here/;
const PROGRAMS = /is for commands and scripts only/;

/** Definitions of actions on files, of programs and of SSH methods: each problem with its field and a sentence. */
export const FILES: readonly WrongRequest[] = [
  file('no operation', { source: '/a' }, 'operation', /must be copy, move, delete, mkdir, chmod or chown/),
  file('operation that does not exist', { operation: 'create', source: '/a' }, 'operation', /must be copy, move/),
  copy('no source', { source: undefined }, 'source', REQUIRED),
  copy('empty source', { source: '' }, 'source', /must be a path/),
  copy('source of 4,097 characters', { source: 'x'.repeat(4_097) }, 'source', /<=4096 characters/),
  copy('source in a home by ~', { source: '~/a' }, 'source', TILDE),
  copy('NUL in the source', { source: NUL }, 'source', NO_NUL),
  copy('half a surrogate pair in the destination', { destination: HALF }, 'destination', /surrogate pair/),
  copy('no destination', { destination: undefined }, 'destination', REQUIRED),
  copy('onto itself', { destination: '/a' }, 'destination', /is the source itself/),
  copy('overwrite that is a text', { overwrite: 'no' }, 'overwrite', /expected boolean, received string/),
  copy('recursive', { recursive: true }, 'recursive', NOT_HERE),
  copy('content', { content: 'x' }, 'content', NOT_HERE),
  file('delete with a destination', { operation: 'delete', source: '/a', destination: '/b' }, 'destination', NOT_HERE),
  file('delete, recursive a number', { operation: 'delete', source: '/a', recursive: 1 }, 'recursive', /expected boolean/),
  file('mkdir with a mode of words', { operation: 'mkdir', source: '/a', mode: 'u+x' }, 'mode', OCTAL),
  file('mkdir with a mode that is a number', { operation: 'mkdir', source: '/a', mode: 755 }, 'mode', /expected string, received number/),
  file('chmod without a mode', { operation: 'chmod', source: '/a' }, 'mode', REQUIRED),
  file('chmod 888', { operation: 'chmod', source: '/a', mode: '888' }, 'mode', OCTAL),
  file('chmod 77777', { operation: 'chmod', source: '/a', mode: '77777' }, 'mode', OCTAL),
  file('chown without an owner', { operation: 'chown', source: '/a' }, 'owner', REQUIRED),
  file('chown to two users', { operation: 'chown', source: '/a', owner: 'a:b:c' }, 'owner', /must be user or user:group/),
  file('chown to an empty owner', { operation: 'chown', source: '/a', owner: '' }, 'owner', /must be user or user:group/),

  transfer('no operation', { source_path: '/a' }, 'operation', /must be upload or download/),
  transfer('operation of the file action', { operation: 'copy', source_path: '/a' }, 'operation', /must be upload or download/),
  upload('no destination', { destination_path: undefined }, 'destination_path', REQUIRED),
  upload('to a folder', { destination_path: '/etc/' }, 'destination_path', FILE_NAME),
  upload('to a home by ~', { destination_path: '~/a' }, 'destination_path', TILDE),
  upload('neither content nor artifact', { content: undefined }, 'content', EITHER),
  upload('content and artifact', { artifact: '00000000-0000-4000-8000-000000000000' }, 'content', EITHER),
  upload('artifact by its name', { artifact: 'app.tar.gz', content: undefined }, 'artifact', /UUID/),
  upload('NUL in the content', { content: NUL }, 'content', NO_NUL),
  upload('content of more than 512 KiB', { content: 'x'.repeat(524_289) }, 'content', /<=524288 characters/),
  upload('mode of words', { mode: 'rw-r--r--' }, 'mode', OCTAL),
  upload('checksum in upper case', { sha256: 'A'.repeat(64) }, 'sha256', HEX),
  upload('checksum that is too short', { sha256: 'a'.repeat(40) }, 'sha256', HEX),
  upload('with a limit', { maxBytes: 5 }, 'maxBytes', NOT_HERE),
  download('no source', { source_path: undefined }, 'source_path', REQUIRED),
  download('of a folder', { source_path: '/var/log/' }, 'source_path', FILE_NAME),
  download('limit of 0', { maxBytes: 0 }, 'maxBytes', />=1/),
  download('limit of half a byte', { maxBytes: 0.5 }, 'maxBytes', /expected int/),
  download('with a mode', { mode: '600' }, 'mode', NOT_HERE),

  ...(['command', 'script', 'file'] as const).flatMap((type) => [
    config(type, 'run_as that looks like an option', { run_as: '-u' }, 'run_as', USER),
    config(type, 'run_as of two words', { run_as: 'root x' }, 'run_as', USER),
    config(type, 'run_as over WinRM', { run_as: 'root', method: 'winrm' }, 'run_as', /needs sudo, which WinRM has not/),
  ]),
  config('command', 'run_as by a reference', { run_as: '${WHO}' }, 'run_as', USER),
  config('command', 'run_as over Telnet', { run_as: 'root', method: 'telnet' }, 'run_as', /needs sudo, which Telnet has not/),
  config('file_transfer', 'run_as', { run_as: 'root' }, 'run_as', /a file is transferred as the login/),
  config('email', 'run_as', { run_as: 'root' }, 'run_as', /has no meaning for actions of type email/),
  config('file', 'over SNMP', { method: 'snmp' }, 'method', /SNMP cannot do actions of type file/),
  config('file_transfer', 'over Telnet', { method: 'telnet' }, 'method', /Telnet cannot do actions of type file_transfer/),
  config('script', 'over Telnet', { method: 'telnet' }, 'method', /Telnet cannot do actions of type script/),
  config('file', 'working directory', { working_directory: '/a' }, 'working_directory', PROGRAMS),
  config('file', 'environment', { environment: { A: 'x' } }, 'environment', PROGRAMS),
  config('file_transfer', 'exit codes', { expected_exit_codes: [1] }, 'expected_exit_codes', PROGRAMS),
  config('command', 'empty working directory', { working_directory: '' }, 'working_directory', />=1 characters/),
  config('command', 'keep_full_output that is a text', { keep_full_output: 'yes' }, 'keep_full_output', /expected boolean/),
  config('command', 'capture_output that is a number', { capture_output: 0 }, 'capture_output', /expected boolean/),
  config('command', 'delivery that does not exist', { delivery: 'exactly_once' }, 'delivery', /at_most_once/),
  config('command', 'unknown option', { sudo: true }, 'sudo', NOT_HERE),
  actionOf('command', 'no command', {}, 'action_parameters.command', REQUIRED),
  actionOf('command', 'command that is a list', { command: ['ls', '-l'] }, 'action_parameters.command', /expected string/),
  actionOf('script', 'no type', { scriptContent: 'true' }, 'action_parameters.scriptType', /expected one of/),
  actionOf('script', 'no content', { scriptType: 'sh' }, 'action_parameters.scriptContent', REQUIRED),
  actionOf(
    'script',
    'arguments that are a text',
    { ...PARAMETERS.script, arguments: '-a' },
    'action_parameters.arguments',
    /expected array/,
  ),
  job(
    'keep_full_output of the job that is a text',
    { settings: { keep_full_output: 'yes' }, actions: [command('true')] },
    'settings.keep_full_output',
    {
      says: /expected boolean/,
    },
  ),

  ssh('unknown option', { config: { compression: true } }, 'config.compression', NOT_HERE),
  ssh('option of another method', { config: { verify_ssl: false } }, 'config.verify_ssl', NOT_HERE),
  ssh('time limit of 0 s', { config: { timeout: 0 } }, 'config.timeout', />=1/),
  ssh('time limit that is a text', { config: { timeout: '10' } }, 'config.timeout', /expected number, received string/),
  ssh('time limit of 301 s', { config: { timeout: 301 } }, 'config.timeout', /<=300/),
  ssh('negative keep-alive', { config: { keepalive: -1 } }, 'config.keepalive', />=0/),
  ssh(
    'credential of another method',
    { credential: { credential_type: 'snmp_community', community: 'x' } },
    'credential.credential_type',
    /SSH/,
  ),
];
