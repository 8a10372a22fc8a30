import { OpsError } from './ops-error.ts';
import type { BuiltProgram } from './remote-program.ts';
import { RUN_FIRST_LINE } from './posix-program.ts';
import { shellQuote } from './shell-quote.ts';

/** What sudo may ask for. */
export interface RunAs {
  user: string;
  /** Password of the login; undefined where it has none. */
  password: string | undefined;
}

const NEEDS_SUDO = `command -v sudo >/dev/null 2>&1 || { echo 'sudo: command not found' >&2; exit 126; }`;

/** Asks for nothing: works where sudoers says NOPASSWD. */
const withoutPassword = (as: string, run: string): string => {
  const check = `_opsc=$(LC_ALL=C sudo -n ${as} -c : 2>&1) || { echo "$_opsc" >&2; exit 126; }`;
  return `${NEEDS_SUDO}; ${check}; exec sudo -n ${as} -c ${run}\n`;
};

/**
 * The password comes in two lines behind this one: the shell takes the first to try it once (a wrong one would otherwise be tried three times, with
 * what follows), sudo takes the second. Where sudo asks for none both are dropped. `printf` must be part of the shell: else it is a process whose
 * arguments everybody sees.
 */
const withPassword = (as: string, run: string): string => {
  const free = `if LC_ALL=C sudo -n ${as} -c : >/dev/null 2>&1; then IFS= read -r _opsc; _opsc=; exec sudo -n ${as} -c ${run}; fi`;
  const tryOnce = `_opsc_e=$(printf '%s\\n' "$_opsc" | LC_ALL=C sudo -k -S -p '' ${as} -c : 2>&1 >/dev/null) || { echo "$_opsc_e" >&2; exit 126; }`;
  return `${NEEDS_SUDO}; IFS= read -r _opsc; ${free}; case $(command -v printf) in printf) ${tryOnce};; esac; _opsc=; exec sudo -k -S -p '' ${as} -c ${run}\n`;
};

/**
 * A built program of a POSIX target, run by another user through sudo. Nothing secret stands in an argument list: password and program are input.
 * When sudo refuses, nothing of the program has run: the line that tells the process id does not come, the exit code is 126, and sudo's words are on stderr.
 * @throws OpsError VALIDATION for a password of several lines, which sudo cannot read.
 */
export const asUser = ({ commandLine, stdin }: BuiltProgram, { user, password }: RunAs): BuiltProgram => {
  const as = `-H -u ${shellQuote(user)} -- /bin/sh`;
  const run = shellQuote(RUN_FIRST_LINE);
  if (password === undefined) return { commandLine, stdin: withoutPassword(as, run) + stdin };
  if (/[\n\0]/.test(password))
    throw new OpsError('VALIDATION', 'A password with a line break cannot be given to sudo, which run_as needs.');
  return { commandLine, stdin: `${withPassword(as, run)}${password}\n${password}\n${stdin}` };
};

const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/command not found/, 'sudo is not installed there. Install it, or log in as the user who shall run the program.'],
  [/unknown user/i, 'there is no such user.'],
  [
    /must have a tty|no tty present|terminal is required/i,
    'sudo wants a terminal (requiretty), which a job has not. Turn that off for this login: Defaults:<login> !requiretty.',
  ],
  [
    /a password is required/i,
    'sudo asks for a password, and the credential has none. Allow it without one (NOPASSWD in sudoers), or log in with a password.',
  ],
  [/incorrect password|try again|no password was provided/i, 'sudo does not take the password of the credential. Correct the credential.'],
  [/not in the sudoers|not allowed to|may not run/i, 'sudoers does not allow it. Add the login there, for /bin/sh as this user.'],
];

/** Why sudo did not start a program, from what it printed in English. */
export const runAsRefusal = (where: string, login: string, user: string, printed: string): OpsError => {
  const text = printed.trim();
  const says = MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? 'sudo did not start the program.';
  return new OpsError(
    'RUN_AS_REFUSED',
    `${where}: ${login} may not run it as ${user} (run_as): ${says} Nothing ran.${text === '' ? '' : ` (${text})`}`,
  );
};
