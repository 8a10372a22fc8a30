import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const USUAL_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/sbin', '/run/current-system/sw/bin'];

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The absolute path of this machine's OpenSSH server, or undefined when it has none. `searchPath` is what PATH holds, if the caller knows. */
export const findSshd = (searchPath = ''): string | undefined => {
  const folders = [...USUAL_FOLDERS, ...searchPath.split(delimiter).filter((folder) => folder.startsWith('/'))];
  return folders.map((folder) => join(folder, 'sshd')).find(isExecutable);
};
