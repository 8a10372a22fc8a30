/** What differs between the servers that we start. */
export interface SshdSettings {
  hostKeyFile: string;
  authorizedKeysFile: string;
  addresses: readonly string[];
  port: number;
  user: string;
  passwordAuthentication: boolean;
  /** Serves files by SFTP. */
  sftp: boolean;
  /** Lines that only newer versions know. */
  extraLines: readonly string[];
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

/** The text of an sshd_config for a server on loopback addresses that only one user may enter. */
export const sshdConfig = (settings: SshdSettings): string =>
  [
    `Port ${settings.port}`,
    ...settings.addresses.map((address) => `ListenAddress ${address}`),
    `HostKey "${settings.hostKeyFile}"`,
    `AuthorizedKeysFile "${settings.authorizedKeysFile}"`,
    `AllowUsers ${settings.user}`,
    'PermitRootLogin yes',
    'PubkeyAuthentication yes',
    `PasswordAuthentication ${yesNo(settings.passwordAuthentication)}`,
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'StrictModes no',
    'UseDNS no',
    'PidFile none',
    'PrintMotd no',
    'PrintLastLog no',
    'LogLevel ERROR',
    'MaxStartups 1000:30:2000',
    'MaxSessions 100',
    'AllowTcpForwarding no',
    'AllowAgentForwarding no',
    'X11Forwarding no',
    'PermitUserRC no',
    ...(settings.sftp ? ['Subsystem sftp internal-sftp'] : []),
    ...settings.extraLines,
    '',
  ].join('\n');
